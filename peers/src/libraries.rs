//! The libraries, each with a sink that discards.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use crate::ring::Ring;
use crate::subject::{Filter, Subject, nothing};

/// Libraries that keep spans with their root, or hand them over at its end, get one for each so
/// many.
const SPANS_OF_ROOT: u64 = 1000;

/// All subjects, the yardstick first.
pub(crate) fn all() -> [Subject; 6] {
    [LIMIT, OURS, PUBLISHED, FASTRACE, PUFFIN, TRACING]
}

thread_local! {
    static RING: Ring = Ring::of_this_thread();
}

/// A clock read and a store of 16 bytes, twice: nothing that records time can cost less.
const LIMIT: Subject = Subject {
    name: "limit",
    start: nothing,
    spans: |count| {
        RING.with(|ring| {
            for _ in 0..count {
                ring.store_16(black_box(1));
                ring.store_16(black_box(2));
            }
        });
    },
    rest: nothing,
    is_off_before_start: false,
    can_be_compiled_out: false,
    filter: None,
};

const OURS: Subject = Subject {
    name: "micromegas-tracing",
    start: start_ours,
    spans: our_spans,
    rest: || {
        micromegas_tracing::flush(Duration::from_secs(30));
        // Dropping an event is cheaper than recording it.
        assert_eq!(micromegas_tracing::stats().dropped.total(), 0, "events that were dropped");
    },
    is_off_before_start: true,
    can_be_compiled_out: true,
    filter: Some(Filter {
        set: |is_on| {
            use micromegas_tracing::VerbosityFilter;
            let most = if is_on { VerbosityFilter::Off } else { VerbosityFilter::High };
            micromegas_tracing::set_max_verbosity(most);
        },
        spans: our_spans,
    }),
};

fn our_spans(count: u64) {
    for _ in 0..count {
        micromegas_tracing::span_scope!("span");
    }
}

#[derive(Debug)]
struct Discarding;

impl micromegas_tracing::EventSink for Discarding {
    fn on_process(&self, _: &Arc<micromegas_transit::ProcessInfo>) {}

    fn on_stream(&self, _: &Arc<micromegas_transit::StreamInfo>) {}

    fn on_block(&self, _: &Arc<micromegas_transit::StreamInfo>, _: micromegas_tracing::EventBlock) {
    }
}

fn start_ours() {
    let config = micromegas_tracing::Config::default();
    let guard = micromegas_tracing::init(config, Arc::new(Discarding));
    std::mem::forget(guard.expect("it is started once"));
}

const PUBLISHED: Subject = Subject {
    name: "micromegas-tracing-0.33",
    start: || {
        let sink = Arc::new(published::event::NullEventSink {});
        const BUFFER_BYTES: usize = 10 * 1024 * 1024;
        published::dispatch::init_event_dispatch(
            BUFFER_BYTES,
            BUFFER_BYTES,
            BUFFER_BYTES,
            sink,
            HashMap::new(),
            true,
        )
        .expect("it is started once");
    },
    spans: |count| {
        // Without a stream of its own a thread records nothing.
        if published::dispatch::cpu_tracing_enabled().is_some() {
            published::dispatch::init_thread_stream();
        }
        for _ in 0..count {
            published::span_scope!("span");
        }
    },
    rest: nothing,
    is_off_before_start: true,
    can_be_compiled_out: false,
    filter: None,
};

const TRACING: Subject = Subject {
    name: "tracing-registry",
    start: || {
        use tracing_subscriber::filter::LevelFilter;
        use tracing_subscriber::layer::SubscriberExt;
        let subscriber = tracing_subscriber::registry().with(LevelFilter::INFO);
        tracing::subscriber::set_global_default(subscriber).expect("it is started once");
    },
    spans: |count| {
        for _ in 0..count {
            let _span = tracing::info_span!("span").entered();
        }
    },
    rest: nothing,
    is_off_before_start: true,
    can_be_compiled_out: true,
    filter: Some(Filter {
        // The level of the subscriber stays.
        set: |_| {},
        spans: |count| {
            for _ in 0..count {
                let _span = tracing::debug_span!("span").entered();
            }
        },
    }),
};

const FASTRACE: Subject = Subject {
    name: "fastrace",
    start: || fastrace::set_reporter(DiscardingReporter, fastrace::collector::Config::default()),
    spans: |count| {
        use fastrace::prelude::{LocalSpan, Span, SpanContext};
        for _ in 0..count / SPANS_OF_ROOT {
            let root = Span::root("root", SpanContext::random());
            let _parent = root.set_local_parent();
            for _ in 0..SPANS_OF_ROOT {
                let _span = LocalSpan::enter_with_local_parent("span");
            }
        }
    },
    rest: fastrace::flush,
    is_off_before_start: true,
    can_be_compiled_out: true,
    filter: None,
};

#[derive(Debug)]
struct DiscardingReporter;

impl fastrace::collector::Reporter for DiscardingReporter {
    fn report(&mut self, _: Vec<fastrace::prelude::SpanRecord>) {}
}

const PUFFIN: Subject = Subject {
    name: "puffin",
    start: || puffin::set_scopes_on(true),
    spans: |count| {
        for _ in 0..count / SPANS_OF_ROOT {
            puffin::profile_scope!("root");
            for _ in 0..SPANS_OF_ROOT {
                puffin::profile_scope!("span");
            }
        }
    },
    rest: || puffin::GlobalProfiler::lock().new_frame(),
    is_off_before_start: true,
    can_be_compiled_out: false,
    filter: None,
};
