//! When events leave for the sink, and what they look like then.

use micromegas_tracing::prelude::*;
use micromegas_tracing::{Config, EventBlock, EventSink, static_span_desc};
use micromegas_transit::{ProcessInfo, StreamInfo};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

static_span_desc!(SPAN, "a span");

/// Keeps the bytes of all blocks by the tags of their streams.
#[derive(Default)]
struct KeepingSink(Mutex<Vec<(String, EventBlock)>>);

impl EventSink for KeepingSink {
    fn on_process(&self, _: &Arc<ProcessInfo>) {}

    fn on_stream(&self, _: &Arc<StreamInfo>) {}

    fn on_block(&self, stream: &Arc<StreamInfo>, block: EventBlock) {
        let mut blocks = self.0.lock().expect("no panic within");
        blocks.push((stream.tags[0].clone(), block));
    }
}

impl KeepingSink {
    fn events(&self, tag: &str) -> i32 {
        let blocks = self.0.lock().expect("no panic within");
        blocks.iter().filter(|(own, _)| own == tag).map(|(_, block)| block.event_count).sum()
    }

    #[track_caller]
    fn await_logs(&self, count: i32) {
        let begin = Instant::now();
        while self.events("log") < count {
            assert!(begin.elapsed() < Duration::from_secs(10), "{} entries", self.events("log"));
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[test]
fn errors_leave_at_once_and_no_address_does() {
    let sink = Arc::new(KeepingSink::default());
    let config = Config::default().with_flush_period(Duration::from_secs(3600));
    let guard = micromegas_tracing::init(config, Arc::<KeepingSink>::clone(&sink))
        .expect("the first dispatch");

    warn!("this waits");
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(sink.events("log"), 0);
    error!("this does not, nor what was logged before");
    sink.await_logs(2);
    fatal!("nor does this");
    sink.await_logs(3);

    imetric!("a metric", "count", 7);
    for number in 0..100 {
        drop(micromegas_tracing::ThreadSpanGuard::begin(&SPAN));
        info!(number = %number, kind = "constant", "an entry");
    }
    assert_eq!((sink.events("log"), sink.events("metrics"), sink.events("cpu")), (3, 0, 0));
    assert!(guard.flush(Duration::from_secs(30)));
    assert_eq!((sink.events("log"), sink.events("metrics"), sink.events("cpu")), (103, 1, 200));

    // All statics of the program lie within these.
    let near = |address: u64| address.abs_diff((&raw const SPAN).addr() as u64) < 1 << 20;
    for (tag, block) in sink.0.lock().expect("no panic within").iter() {
        for bytes in [&block.dependencies, &block.objects] {
            let words = bytes.windows(8).map(|word| word.try_into().expect("eight bytes"));
            let addresses = words.map(u64::from_le_bytes).filter(|word| near(*word));
            assert_eq!(addresses.count(), 0, "in a block of {tag}");
        }
    }
}
