//! Log entries whose formatting logs, panics, or is too long.

use micromegas_telemetry_sink::MemorySink;
use micromegas_tracing::prelude::*;
use micromegas_tracing::{Config, Counts, stats};
use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// Logs while it is displayed, as deep as it says.
struct Talkative(u8);

impl fmt::Display for Talkative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        info!("constant");
        if self.0 > 0 {
            warn!("nested {}", Talkative(self.0 - 1));
        }
        write!(f, "level {}", self.0)
    }
}

/// Logs, writes, and panics.
struct Panicking;

impl fmt::Display for Panicking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        info!("before the panic");
        f.write_str("half a text")?;
        panic!("a Display panics");
    }
}

/// Counts how often it is displayed.
struct Counted<'a>(&'a Cell<u32>, &'a str);

impl fmt::Display for Counted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.set(self.0.get() + 1);
        for character in self.1.chars() {
            write!(f, "{character}")?;
        }
        Ok(())
    }
}

#[test]
fn text_is_whole_once_and_in_order() {
    let sink = Arc::new(MemorySink::with_shown_level(LevelFilter::Info));
    let config = Config::default().with_flush_period(Duration::from_secs(3600));
    let guard = micromegas_tracing::init(config, Arc::<MemorySink>::clone(&sink))
        .expect("the first dispatch");

    info!("outer {}", Talkative(1));
    info!("after");

    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = catch_unwind(AssertUnwindSafe(|| info!("never seen {}", Panicking)));
    std::panic::set_hook(hook);
    assert!(outcome.is_err());
    info!("{{braces}} {}", "after the panic");

    // Messages of 10,000 bytes cross the borders of all buffers.
    let (displayed, text) = (Cell::new(0), "0123456789".repeat(1000));
    for _ in 0..100 {
        debug!("{}", Counted(&displayed, &text));
    }
    let huge = "x".repeat(200_000);
    debug!("{}{}", Counted(&displayed, "start "), huge);
    assert_eq!(displayed.get(), 101);

    assert!(guard.flush(Duration::from_secs(30)));
    let recorded = sink.recorded().expect("blocks are whole");
    let messages: Vec<_> = recorded.logs.iter().map(|entry| entry.message.as_str()).collect();
    let short = [
        "outer level 1",
        "constant",
        "nested level 0",
        "constant",
        "after",
        "before the panic",
        "{braces} after the panic",
    ];
    assert_eq!(messages[..short.len()], short);
    assert_eq!(sink.shown(), short);
    let long = &messages[short.len()..];
    assert_eq!(long.len(), 101);
    assert!(long[..100].iter().all(|message| **message == text));
    assert!(long[100].starts_with("start xxx") && long[100].len() <= 64 * 1024);
    assert!(long[100].ends_with("bytes cut]"), "{}", &long[100][long[100].len() - 40..]);
    assert!(recorded.logs.is_sorted_by_key(|entry| entry.ticks));
    assert_eq!(stats().recorded.logs, messages.len() as u64);
    assert_eq!(stats().dropped, Counts::default());
}
