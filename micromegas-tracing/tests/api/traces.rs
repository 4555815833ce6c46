//! Traces that cross processes.

use crate::sink::{async_spans, recorded_traces, start};
use http::{HeaderMap, HeaderValue};
use micromegas_tracing::prelude::*;
use micromegas_tracing::{TraceContext, write_trace_context};

const CALLER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test]
async fn a_call_from_outside_becomes_a_part_of_its_trace() {
    start();
    let mut headers = HeaderMap::new();
    headers.insert("traceparent", HeaderValue::from_static(CALLER));
    let caller = TraceContext::from_headers(&headers).expect("a trace context");
    static_span_desc!(HANDLE, "handle a remote call");
    let outgoing = async {
        span_async_named!("within the call", async {
            let mut headers = HeaderMap::new();
            write_trace_context(&mut headers);
            TraceContext::from_headers(&headers).expect("a trace context")
        })
        .await
    }
    .instrument(&HANDLE)
    .with_remote_parent(caller)
    .await;

    let handle = &async_spans("handle a remote call")[0];
    let within = &async_spans("within the call")[0];
    assert_eq!(within.parent_span_id, handle.span_id);
    assert_eq!(outgoing.trace_id(), caller.trace_id());
    assert_eq!(outgoing.span_id(), within.span_id);
    let traces = recorded_traces();
    let own = traces.iter().find(|trace| trace.span_id == handle.span_id).expect("a context");
    assert_eq!(own.trace_id, caller.trace_id());
    assert_eq!(own.remote_parent_span_id, caller.span_id());
}

#[tokio::test]
async fn a_trace_that_begins_here_has_one_identity() {
    start();
    assert!(trace_context().is_none());
    let (first, second) = span_async_named!("begins a trace", async {
        let first = trace_context().expect("a trace context");
        let inner = span_async_named!("in the trace", async { trace_context() });
        (first, inner.await.expect("a trace context"))
    })
    .await;
    assert_eq!(first.trace_id(), second.trace_id());
    assert_ne!(first.span_id(), second.span_id());
    let begins = &async_spans("begins a trace")[0];
    assert_eq!(first.span_id(), begins.span_id);
    let traces = recorded_traces();
    let own = traces.iter().find(|trace| trace.span_id == begins.span_id).expect("a context");
    assert_eq!((own.trace_id, own.remote_parent_span_id), (first.trace_id(), 0));

    let other = span_async_named!("begins another", async { trace_context() }).await;
    assert_ne!(other.expect("a trace context").trace_id(), first.trace_id());
}

#[test]
fn code_that_is_no_future_hands_the_callers_context_on() {
    start();
    let caller: TraceContext = CALLER.parse().expect("a trace context");
    let entered = caller.enter();
    assert_eq!(trace_context(), Some(caller));
    drop(entered);
    assert_eq!(trace_context(), None);
}
