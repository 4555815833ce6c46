//! Spans of futures: parents, depths and ends, wherever the futures are polled.

use micromegas_telemetry_sink::{MemorySink, Recorded, RecordedAsyncSpan};
use micromegas_tracing::prelude::*;
use micromegas_tracing::{Config, Counts, stats};
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Pending once, ready then.
struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

struct Shop {
    name: String,
}

impl Shop {
    #[span_fn("checkout")]
    async fn checkout(
        &self,
        order: &str,
        _unused: String,
    ) -> Result<usize, std::num::ParseIntError> {
        Yield(false).await;
        let amount: usize = order.parse()?;
        Ok(self.pay(amount).await)
    }

    #[span_fn]
    async fn pay(&self, amount: usize) -> usize {
        Yield(false).await;
        self.name.len() + amount
    }
}

#[span_fn]
async fn panics() {
    Yield(false).await;
    panic!("a future panics");
}

fn named<'a>(recorded: &'a Recorded, name: &str) -> Vec<&'a RecordedAsyncSpan> {
    recorded.async_spans.iter().filter(|event| event.name == name).collect()
}

#[test]
fn spans_of_futures_nest_across_threads_and_always_end() {
    static_span_desc!(ROOT, "root");
    static_span_desc!(NEVER, "never polled");
    let sink = Arc::new(MemorySink::default());
    let guard = micromegas_tracing::init(Config::default(), Arc::<MemorySink>::clone(&sink))
        .expect("the first dispatch");

    // Begun here, finished on another thread.
    let root = async {
        let shop = Shop { name: "shop".to_owned() };
        shop.checkout("42", String::new()).await
    };
    let mut root = Box::pin(root.instrument(&ROOT));
    assert!(poll(root.as_mut()).is_pending());
    std::thread::scope(|scope| {
        let polls = scope.spawn(|| {
            assert!(poll(root.as_mut()).is_pending());
            assert_eq!(poll(root.as_mut()), Poll::Ready(Ok(46)));
        });
        polls.join().expect("the polls succeed");
    });

    // Dropped before it is ready; never polled at all.
    let shop = Shop { name: String::new() };
    {
        let mut dropped = pin!(shop.pay(1));
        assert!(poll(dropped.as_mut()).is_pending());
    }
    drop(shop.pay(2).instrument(&NEVER));

    // Panicking in a poll.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let mut panicking = pin!(panics());
    assert!(poll(panicking.as_mut()).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| poll(panicking.as_mut()))).is_err());
    std::panic::set_hook(hook);

    assert!(guard.flush(Duration::from_secs(30)));
    let recorded = sink.recorded().expect("blocks are whole");
    let root = named(&recorded, "root");
    let checkout = named(&recorded, "checkout");
    let pay = named(&recorded, "async_spans::pay");
    for (events, count) in [(&root, 2), (&checkout, 2), (&pay, 4)] {
        assert_eq!(events.len(), count);
        assert!(events.chunks(2).all(|pair| pair[0].span_id == pair[1].span_id));
        assert!(events.chunks(2).all(|pair| pair[0].is_begin && !pair[1].is_begin));
    }
    assert_eq!((root[0].parent_span_id, root[0].depth), (0, 0));
    assert_eq!((checkout[0].parent_span_id, checkout[0].depth), (root[0].span_id, 1));
    assert_eq!(pay[0].depth + pay[2].depth, 2);
    let nested = if pay[0].depth == 2 { &pay[0] } else { &pay[2] };
    assert_eq!(nested.parent_span_id, checkout[0].span_id);
    assert_ne!(root[0].stream.stream_id, root[1].stream.stream_id);
    let panicked = named(&recorded, "async_spans::panics");
    assert_eq!(panicked.iter().map(|event| event.is_begin).collect::<Vec<_>>(), [true, false]);
    assert!(named(&recorded, "never polled").is_empty());
    let ids: HashSet<_> = recorded.async_spans.iter().map(|event| event.span_id).collect();
    assert_eq!(ids.len(), 5);
    assert_eq!(stats().recorded.async_span_events, 10);
    assert_eq!(stats().dropped, Counts::default());
}
