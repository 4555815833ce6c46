//! What is traced with the `tracing` crate.

use crate::sink::{async_spans, logs, pairs, start};
use micromegas_tracing::prelude::{LevelFilter, current_span_id, span_async_named};
use micromegas_tracing::{TracingLayer, set_target_level};
use tracing::Instrument;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt;

/// Each test has a subscriber of its own.
fn layered() -> DefaultGuard {
    start();
    tracing::subscriber::set_default(tracing_subscriber::registry().with(TracingLayer))
}

#[test]
fn events_are_entries_with_their_fields_as_properties() {
    let _layered = layered();
    tracing::info!(target: "traced", user = "ada", attempts = 3, ok = true, "came {}", "in");
    tracing::error!(target: "traced", error = ?Some(1), "failed");
    set_target_level("traced", Some(LevelFilter::Warn));
    tracing::info!(target: "traced", "filtered out");
    set_target_level("traced", None);
    let found: Vec<_> =
        logs("traced").into_iter().map(|own| (own.level, own.message, own.properties)).collect();
    let fields = [("attempts", "3"), ("ok", "true"), ("user", "ada")];
    let expected = [
        (4, "came in".to_owned(), pairs(&fields)),
        (2, "failed".to_owned(), pairs(&[("error", "Some(1)")])),
    ];
    assert_eq!(found, expected);
}

#[test]
fn spans_are_spans_of_futures_with_their_fields() {
    let _layered = layered();
    let outer = tracing::info_span!("traced outer", map = "atlas", size = tracing::field::Empty);
    outer.record("size", 512);
    outer.in_scope(|| {
        let inner = tracing::debug_span!("traced inner");
        let _inner = inner.enter();
        let _root = tracing::info_span!(parent: None, "traced root").entered();
    });
    drop(outer);
    let outer = async_spans("traced outer");
    assert_eq!(outer.iter().map(|event| event.is_begin).collect::<Vec<_>>(), [true, false]);
    assert_eq!(outer[1].properties, pairs(&[("map", "atlas"), ("size", "512")]));
    let inner = async_spans("traced inner");
    assert_eq!((inner[0].parent_span_id, inner[0].depth), (outer[0].span_id, 1));
    assert_eq!(async_spans("traced root")[0].parent_span_id, 0);
    assert_eq!(current_span_id(), 0);
}

#[test]
fn spans_of_both_libraries_nest() {
    let _layered = layered();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(span_async_named!("ours around theirs", async {
        async {
            tokio::task::yield_now().await;
            span_async_named!("ours in theirs", tokio::task::yield_now()).await;
        }
        .instrument(tracing::info_span!("theirs in ours"))
        .await;
    }));
    let (around, theirs) =
        (&async_spans("ours around theirs")[0], &async_spans("theirs in ours")[0]);
    let ours = &async_spans("ours in theirs")[0];
    assert_eq!(theirs.parent_span_id, around.span_id);
    assert_eq!((ours.parent_span_id, ours.depth), (theirs.span_id, 2));
}
