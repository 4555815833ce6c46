//! Loss is never silent: blocks that cannot be decoded or fetched.

use bytes::Bytes;
use micromegas_analytics::Materializer;
use micromegas_lakehouse::{BlockFilter, QuarantineKey, Tenant};
use micromegas_transit::Payload;
use object_store::ObjectStoreExt;
use object_store::path::Path;

use crate::fixture::{Event, START_TICKS, TestLake, TestProcess};

fn log(message: &str) -> Event {
    Event::Log { ticks: START_TICKS, level: 4, message: message.to_owned() }
}

const MESSAGES: &str = "SELECT msg FROM log_entries ORDER BY msg";

#[tokio::test]
async fn a_block_that_cannot_be_decoded_is_quarantined_with_its_reason() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    let mut stream = process.log_stream();
    lake.send_process(&process).await;
    lake.send(&mut stream, &[log("good")]).await;
    let mut bad = stream.block(&[log("bad")]);
    let garbage = Bytes::from_static(b"not an LZ4 frame");
    bad.payload = Payload { dependencies: garbage.clone(), objects: garbage }.to_raw();
    let bad_id = bad.block_id;
    lake.send_block(bad).await;

    assert_eq!(lake.query(MESSAGES).await, ["good"]);
    let listed =
        "SELECT view_set_name, block_id, length(reason) > 5 FROM list_quarantined_blocks()";
    assert_eq!(lake.query(listed).await, [format!("log_entries|{bad_id}|true")]);

    lake.materialize().await;
    assert_eq!(lake.query(MESSAGES).await, ["good"]);
    let key = QuarantineKey {
        tenant: Tenant::default(),
        view: "log_entries".to_owned(),
        block_id: bad_id,
    };
    // It is in no coverage: once released it is looked at, and refused, again.
    assert!(lake.lakehouse.store().release_quarantined_block(&key).await.unwrap());
    assert!(lake.query(listed).await.is_empty());
    assert!(lake.explain(MESSAGES).await.contains("blocks=1"));
    assert_eq!(lake.query(MESSAGES).await, ["good"]);
    assert_eq!(lake.query(listed).await.len(), 1);
}

#[tokio::test]
async fn a_bad_block_in_a_thread_costs_only_its_own_spans() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    let mut stream = process.thread_stream();
    lake.send_process(&process).await;
    let begin = |ticks, name: &str| Event::Begin { ticks, name: name.to_owned() };
    let end = |ticks, name: &str| Event::End { ticks, name: name.to_owned() };
    lake.send(&mut stream, &[begin(START_TICKS, "a")]).await;
    let mut bad = stream.block(&[begin(START_TICKS + 1, "b")]);
    bad.payload = Payload { dependencies: Bytes::new(), objects: Bytes::new() }.to_raw();
    lake.send_block(bad).await;
    lake.send(&mut stream, &[end(START_TICKS + 2, "a")]).await;
    let sql = format!(
        "SELECT name, duration FROM view_instance('thread_spans', '{}') WHERE depth = 1",
        stream.id()
    );
    assert_eq!(lake.query(&sql).await, ["a|2"]);
}

#[tokio::test]
async fn a_block_that_cannot_be_fetched_stays_fresh_and_is_not_covered() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    let mut stream = process.log_stream();
    lake.send_process(&process).await;
    for message in ["one", "two", "three"] {
        lake.send(&mut stream, &[log(message)]).await;
    }
    let store = lake.lakehouse.store();
    let tenants = [Tenant::default()];
    let blocks = store.list_blocks(&tenants, &BlockFilter::default(), 10).await.unwrap();
    let path = Path::from(blocks[1].payload.key.as_str());
    let objects = lake.lakehouse.objects();
    let bytes = objects.get(&path).await.unwrap().bytes().await.unwrap();
    objects.delete(&path).await.unwrap();

    // The query does not pretend that there is nothing.
    let frame = lake.context().sql(MESSAGES).await.unwrap();
    assert!(frame.collect().await.is_err());

    let tenant = Tenant::default();
    let materializer = lake.materializer();
    let progress = materializer.materialize(&tenant, "log_entries").await.unwrap();
    assert_eq!((progress.block_count, progress.failed_block_count), (2, 1));
    assert!(lake.explain(MESSAGES).await.contains("blocks=1"));

    objects.put(&path, bytes.into()).await.unwrap();
    assert_eq!(lake.query(MESSAGES).await, ["one", "three", "two"]);
    let progress = materializer.materialize(&tenant, "log_entries").await.unwrap();
    assert_eq!((progress.block_count, progress.failed_block_count), (1, 0));
    assert!(!lake.explain(MESSAGES).await.contains("FreshBlocksExec"));
    assert_eq!(lake.query(MESSAGES).await, ["one", "three", "two"]);
}

#[tokio::test]
async fn views_that_are_not_written_down_cannot_be_asked_for() {
    let lake = TestLake::new();
    let materializer = lake.materializer();
    let error = materializer.materialize(&Tenant::default(), "mesures").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no view to materialise \"mesures\"; did you mean \"measures\"?"
    );
    let names = ["log_entries", "measures", "otel_spans", "log_stats", "metric_stats"];
    assert_eq!(Materializer::view_names(), names);
}
