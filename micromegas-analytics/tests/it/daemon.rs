//! The daemon.

use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use micromegas_analytics::{Daemon, DaemonOptions, Materializer};
use micromegas_lakehouse::{Lakehouse, LeaseKey, MemoryStore, Tenant};
use object_store::ObjectStoreExt;
use object_store::local::LocalFileSystem;
use tokio::sync::oneshot;

use crate::fixture::{Event, START_TICKS, TestLake, TestProcess};

fn log(number: i64) -> Event {
    Event::Log { ticks: START_TICKS + number, level: 4, message: format!("m{number}") }
}

fn options(lake: &TestLake) -> DaemonOptions {
    DaemonOptions {
        cache: lake.options.cache.clone(),
        period: Duration::from_millis(10),
        fresh_age_max: Duration::ZERO,
        merge_width: 3,
        ..DaemonOptions::default()
    }
}

/// Waits until the plan of a query says so.
async fn wait_for(lake: &TestLake, sql: &str, accept: impl Fn(&str) -> bool) {
    for _ in 0..500 {
        if accept(&lake.explain(sql).await) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("still {}", lake.explain(sql).await);
}

const LOGS: &str = "SELECT msg FROM log_entries";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_writes_down_what_arrives_merges_and_stops_when_told() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let (stop, stopped) = oneshot::channel::<()>();
    let daemon = Daemon::new(lake.lakehouse.clone(), options(&lake));
    let running = tokio::spawn(daemon.run(async move {
        let _ = stopped.await;
    }));
    let mut stream = process.log_stream();
    for number in 0..7 {
        lake.send(&mut stream, &[log(number)]).await;
        wait_for(&lake, LOGS, |plan| !plan.contains("FreshBlocksExec")).await;
        assert_eq!(
            lake.query("SELECT count(*) FROM log_entries").await,
            [(number + 1).to_string()]
        );
    }
    wait_for(&lake, LOGS, |plan| plan.matches(".parquet").count() < 3).await;
    assert_eq!(lake.query("SELECT count(DISTINCT msg) FROM log_entries").await, ["7"]);
    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(10), running).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_that_is_held_by_somebody_else_does_not_stop_the_others() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let key = LeaseKey::new(Tenant::default(), "view/log_entries");
    let store = lake.lakehouse.store();
    let lease = store.acquire_lease(&key, "other", Duration::from_secs(60)).await.unwrap().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let daemon = Daemon::new(lake.lakehouse.clone(), options(&lake));
    let running = tokio::spawn(daemon.run(async move {
        let _ = stopped.await;
    }));
    lake.send(&mut process.log_stream(), &[log(0)]).await;
    let sample = Event::Float { ticks: START_TICKS, name: "f", value: 1.0 };
    lake.send(&mut process.metric_stream(), &[sample]).await;
    wait_for(&lake, "SELECT name FROM measures", |plan| plan.contains(".parquet")).await;
    assert!(lake.explain(LOGS).await.contains("FreshBlocksExec"));
    store.release_lease(&lease.token).await.unwrap();
    wait_for(&lake, LOGS, |plan| plan.contains(".parquet")).await;
    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(10), running).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_were_merged_are_deleted_after_a_while() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let mut stream = process.log_stream();
    for number in 0..3 {
        lake.send(&mut stream, &[log(number)]).await;
        lake.materialize().await;
    }
    let tenant = Tenant::default();
    assert_eq!(lake.materializer().compact(&tenant, "log_entries").await.unwrap(), 3);
    let files = async || -> usize {
        let prefix = object_store::path::Path::from("views/default/log_entries");
        let listed = lake.lakehouse.objects().list(Some(&prefix)).try_collect::<Vec<_>>().await;
        listed.unwrap().len()
    };
    assert_eq!(files().await, 4);
    let options = DaemonOptions { retired_age: Duration::ZERO, ..options(&lake) };
    let (stop, stopped) = oneshot::channel::<()>();
    let daemon = Daemon::new(lake.lakehouse.clone(), options);
    let running = tokio::spawn(daemon.run(async move {
        let _ = stopped.await;
    }));
    for _ in 0..500 {
        if files().await == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(files().await, 1);
    assert_eq!(lake.query("SELECT count(*) FROM log_entries").await, ["3"]);
    stop.send(()).unwrap();
    running.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_that_fails_does_not_stop_the_others_and_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let objects = LocalFileSystem::new_with_prefix(folder.path()).unwrap();
    let store = Arc::new(MemoryStore::default());
    let lake = TestLake::of(Lakehouse::new(store, Arc::new(objects)));
    // Where the files of the one view go there is something else.
    let views = folder.path().join("views").join("default");
    std::fs::create_dir_all(&views).unwrap();
    std::fs::write(views.join("log_entries"), "in the way").unwrap();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    lake.send(&mut process.log_stream(), &[log(0)]).await;
    let sample = Event::Float { ticks: START_TICKS, name: "f", value: 1.0 };
    lake.send(&mut process.metric_stream(), &[sample]).await;
    let (stop, stopped) = oneshot::channel::<()>();
    let daemon = Daemon::new(lake.lakehouse.clone(), options(&lake));
    let running = tokio::spawn(daemon.run(async move {
        let _ = stopped.await;
    }));
    wait_for(&lake, "SELECT name FROM measures", |plan| plan.contains(".parquet")).await;
    assert!(lake.explain(LOGS).await.contains("FreshBlocksExec"));
    assert_eq!(lake.query(LOGS).await, ["m0"]);
    std::fs::remove_file(views.join("log_entries")).unwrap();
    wait_for(&lake, LOGS, |plan| plan.contains(".parquet")).await;
    assert_eq!(lake.query(LOGS).await, ["m0"]);
    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(10), running).await.unwrap().unwrap();
}

#[tokio::test]
async fn files_that_were_never_committed_are_deleted_and_no_others() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let mut stream = process.log_stream();
    for number in 0..3 {
        lake.send(&mut stream, &[log(number)]).await;
        lake.materialize().await;
    }
    let tenant = Tenant::default();
    assert_eq!(lake.materializer().compact(&tenant, "log_entries").await.unwrap(), 3);
    let orphan = object_store::path::Path::from("views/default/log_entries/2026-01-01/x.parquet");
    lake.lakehouse.objects().put(&orphan, "half of it".into()).await.unwrap();
    let sweep = async |orphan_age| {
        let options = DaemonOptions { orphan_age, ..options(&lake) };
        let materializer = Materializer::try_new(lake.lakehouse.clone(), options).unwrap();
        materializer.sweep_orphans().await.unwrap()
    };
    assert_eq!(sweep(Duration::from_secs(3_600)).await, 0);
    // Merged files are retired, and stay for who reads them.
    assert_eq!(sweep(Duration::ZERO).await, 1);
    assert_eq!(sweep(Duration::ZERO).await, 0);
    assert!(lake.lakehouse.objects().head(&orphan).await.is_err());
    assert_eq!(lake.query("SELECT count(*) FROM log_entries").await, ["3"]);
}
