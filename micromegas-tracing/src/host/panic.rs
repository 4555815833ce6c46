//! What a panic leaves in the log.

use crate::{dispatch, flusher, log};
use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::sync::Once;
use std::time::{Duration, Instant};

/// Where a panic ends the process, its hook waits this long at most.
const WAIT_MAX: Duration = Duration::from_secs(2);

/// Records each panic as an entry of level Fatal, and has everything recorded before it handed to
/// the sink at once. The hook that was set before is called afterwards, so set one's own first.
///
/// A panic may be caught, and recording goes on after it. Only where panics abort does the hook
/// wait for the sink, two seconds at most. It takes no lock that recording holds.
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
    flusher::wake::everything();
    if cfg!(panic = "abort") {
        flusher::wake::request_flush(Instant::now() + WAIT_MAX);
    }
}
