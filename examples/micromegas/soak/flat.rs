//! The even load.

use std::hint::black_box;

use micromegas_tracing::prelude::*;

use super::load::{Part, Tally};

/// A hundred events.
const BATCH: Tally = Tally { logs: 5, metrics: 15, span_events: 80 };

/// Records until the end of the part.
pub(crate) fn make(part: &Part) -> Tally {
    let mut tally = Tally::default();
    while !part.is_over() {
        batch(part.thread);
        tally += BATCH;
        part.wait_for(tally.total());
    }
    tally
}

fn batch(thread: u32) {
    for number in 0..5_u64 {
        info!("thread {thread} has made {number} of five");
        for value in 0..3 {
            imetric!("flat_value", "count", black_box(value));
        }
        for _ in 0..4 {
            span_scope!("outer");
            span_scope!("inner");
        }
    }
}
