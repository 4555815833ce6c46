//! Futures that are spans: names, hooks, properties.

use crate::sink::{async_spans, pairs, start};
use micromegas_tracing::prelude::*;
use micromegas_tracing::{Property, PropertySet};

#[tokio::test]
async fn names_may_be_chosen_or_made_at_run_time() {
    start();
    for name in ["chosen future", "other future"] {
        assert_eq!(span_async_named!(name, async { 1 }).await, 1);
        assert_eq!(instrument_named!(async { 2 }, name).await, 2);
        assert_eq!(span_async_named_dyn!(format!("made {name}"), async { 3 }).await, 3);
        assert_eq!(instrument_named_dyn!(async { 4 }, format!("made {name}")).await, 4);
    }
    for name in ["chosen future", "other future", "made chosen future", "made other future"] {
        assert_eq!(async_spans(name).len(), 4, "{name}");
    }
}

#[tokio::test]
async fn hooks_see_what_came_out() {
    start();
    static_span_desc!(FETCH, "fetch");
    async { vec![1, 2] }
        .instrument_with(&FETCH, |items, span| span.set_property("count", items.len()))
        .await;
    let count = span_async_named!("hooked", async { 5 }, |out, span| {
        span.set_property("out", out);
    });
    assert_eq!(count.await, 5);
    let name = String::from("hooked, too");
    instrument_named_dyn!(async { Err::<(), _>("no") }, name, |out, span| {
        span.set_property("failed", out.is_err());
    })
    .await
    .expect_err("it fails");
    assert_eq!(async_spans("fetch")[1].properties, pairs(&[("count", "2")]));
    assert_eq!(async_spans("hooked")[1].properties, pairs(&[("out", "5")]));
    assert_eq!(async_spans("hooked, too")[1].properties, pairs(&[("failed", "true")]));
}

#[tokio::test]
async fn properties_come_with_the_end() {
    static MAP: PropertySet = PropertySet::new(&[Property::new("map", "atlas")]);
    start();
    static_span_desc!(LOAD, "load with properties");
    async {}
        .instrument(&LOAD)
        .with_property("attempt", 1)
        .with_property("Attempt", 2)
        .with_properties(&MAP)
        .await;
    let events = async_spans("load with properties");
    assert!(events[0].properties.is_empty());
    assert_eq!(events[1].properties, pairs(&[("Attempt", "2"), ("map", "atlas")]));
}

#[tokio::test]
async fn a_dropped_future_ends_with_the_properties_it_has() {
    start();
    let waiting = span_async_named!("dropped with properties", std::future::pending::<()>())
        .with_property("reason", "timeout");
    let outcome = tokio::time::timeout(std::time::Duration::from_millis(1), waiting).await;
    assert!(outcome.is_err());
    let events = async_spans("dropped with properties");
    assert_eq!(events.len(), 2);
    assert_eq!(events[1].properties, pairs(&[("reason", "timeout")]));
}

#[tokio::test]
async fn parent_and_depth_are_those_of_the_creation() {
    start();
    let made_outside = span_async_named!("made outside", async {});
    span_async_named!("around", async {
        let inner = span_async_named!("made inside", async { current_span_id() });
        let id = inner.await;
        assert_ne!(id, current_span_id());
        made_outside.await;
    })
    .await;
    let around = &async_spans("around")[0];
    let inside = &async_spans("made inside")[0];
    assert_eq!((inside.parent_span_id, inside.depth), (around.span_id, around.depth + 1));
    let outside = &async_spans("made outside")[0];
    assert_eq!((outside.parent_span_id, outside.depth), (around.parent_span_id, around.depth));
    assert_eq!(current_span_id(), 0);
}
