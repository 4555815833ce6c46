//! Tasks of tokio, threads of runtimes, and threads that no runtime knows.

use crate::sink::{async_spans, recorded, spans, start};
use micromegas_tracing::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spawned_task_is_in_the_span_around_its_spawning() {
    start();
    span_async_named!("spawner", async {
        let inner = || span_async_named!("in a task", tokio::task::yield_now());
        let carried = spawn_with_context(async move { inner().await });
        let explicit = tokio::spawn(async move { inner().await }.in_current_span());
        let created_here = tokio::spawn(inner());
        let task = async move { span_async_named!("in a bare task", async {}).await };
        let bare = tokio::spawn(task);
        for task in [carried, explicit, created_here, bare] {
            task.await.expect("no task panics");
        }
    })
    .await;
    let spawner = &async_spans("spawner")[0];
    let children = async_spans("in a task");
    assert_eq!(children.len(), 6);
    for child in &children {
        assert_eq!((child.parent_span_id, child.depth), (spawner.span_id, spawner.depth + 1));
    }
    let bare = &async_spans("in a bare task")[0];
    assert_eq!((bare.parent_span_id, bare.depth), (0, 0));
}

#[test]
fn a_panicking_task_ends_its_spans_and_leaves_the_context() {
    start();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let panics = span_async_named!("panics outside", async {
            span_async_named!("panics inside", async {
                tokio::task::yield_now().await;
                if current_span_id() != 0 {
                    std::panic::resume_unwind(Box::new("on purpose"));
                }
            })
            .await;
        });
        assert!(tokio::spawn(panics).await.is_err());
        assert_eq!(current_span_id(), 0);
        span_async_named!("after the panic", async {}).await;
    });
    for name in ["panics outside", "panics inside", "after the panic"] {
        let events = async_spans(name);
        assert_eq!(events.iter().map(|event| event.is_begin).collect::<Vec<_>>(), [true, false]);
    }
    assert_eq!(async_spans("after the panic")[0].depth, 0);
}

#[test]
fn a_runtimes_threads_are_prepared() {
    static STARTED: AtomicUsize = AtomicUsize::new(0);
    start();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("prepared")
        .with_tracing_callbacks_and_custom_start(|| {
            STARTED.fetch_add(1, Ordering::Relaxed);
        })
        .build()
        .expect("a runtime");
    let work = runtime.spawn(async {
        span_scope!("on a runtime's thread");
    });
    runtime.block_on(work).expect("it does not panic");
    drop(runtime);
    assert_eq!(STARTED.load(Ordering::Relaxed), 1);
    let events = spans("on a runtime's thread");
    assert_eq!(events.len(), 2);
    assert_eq!(events[0].stream.properties["thread-name"], "prepared");

    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(1).with_tracing_callbacks().build().expect("a runtime");
    assert_eq!(runtime.block_on(async { 1 }), 1);
}

#[test]
fn threads_that_no_runtime_knows_record_as_all_others() {
    start();
    let thread = std::thread::Builder::new().name("of nobody".to_owned()).spawn(|| {
        span_scope!("on a thread of nobody");
        info!(target: "nobody", "logged");
        imetric!("measured by nobody", "count", 1);
    });
    thread.expect("a thread").join().expect("it does not panic");
    let recorded = recorded();
    let span = recorded.thread_spans.iter().find(|span| span.name == "on a thread of nobody");
    assert_eq!(span.expect("a span").stream.properties["thread-name"], "of nobody");
    assert!(recorded.logs.iter().any(|entry| entry.target == "nobody"));
    assert!(recorded.metrics.iter().any(|sample| sample.name == "measured by nobody"));
}
