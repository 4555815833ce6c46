//! What a panic leaves in the log.

use crate::{dispatch, log};
use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::sync::Once;

/// Records each panic as an entry of level Fatal. The hook that was set before is called
/// afterwards, so set one's own first.
///
/// Without it, too, everything recorded leaves at once when a thread panics; where panics abort, the
/// process waits for the sink, two seconds at most. A panic may be caught, and recording goes on.
pub fn record_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            record(info);
            before(info);
        }));
    });
}

fn record(info: &PanicHookInfo<'_>) {
    if !dispatch::is_running() {
        return;
    }
    let text = info.payload_as_str().unwrap_or("a payload that is no text");
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("without a name");
    match info.location() {
        Some(location) => {
            log!(target: "panic", crate::Level::Fatal, "thread {name} panicked at {location}: {text}");
        }
        None => log!(target: "panic", crate::Level::Fatal, "thread {name} panicked: {text}"),
    }
}
