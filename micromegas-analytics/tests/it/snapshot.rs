//! One snapshot a query.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::fixture::{Event, START_TICKS, TestLake, TestProcess};

fn log() -> Event {
    Event::Log { ticks: START_TICKS, level: 4, message: "m".to_owned() }
}

/// While blocks arrive and are written down, all scans of a query count the same rows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_scans_of_a_query_see_the_same_snapshot() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let mut stream = process.log_stream();
    lake.send(&mut stream, &[log()]).await;
    let done = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn({
        let (lake, done) = (lake.clone(), Arc::clone(&done));
        async move {
            let mut count = 0;
            while !done.load(Ordering::Relaxed) && count < 300 {
                lake.send(&mut stream, &[log()]).await;
                count += 1;
                if count % 20 == 0 {
                    lake.materialize().await;
                }
            }
        }
    });
    let sql = "SELECT a.c, b.c, (SELECT count(*) FROM log_entries) AS d, \
               (SELECT count(*) FROM blocks WHERE nb_objects > 0) AS e \
               FROM (SELECT count(*) c FROM log_entries) a, \
                    (SELECT count(*) c FROM log_entries WHERE level IN (SELECT 4)) b";
    let mut last = String::new();
    for _ in 0..40 {
        let row = lake.query(sql).await.remove(0);
        let counts: Vec<&str> = row.split('|').collect();
        assert!(counts.iter().all(|count| *count == counts[0]), "{row}");
        last = counts[0].to_owned();
    }
    done.store(true, Ordering::Relaxed);
    writer.await.unwrap();
    assert_ne!(last, "1", "nothing arrived while the queries ran");
}

#[tokio::test]
async fn a_frame_that_is_run_again_sees_what_is_new() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let mut stream = process.log_stream();
    lake.send(&mut stream, &[log()]).await;
    let frame = lake.context().sql("SELECT msg FROM log_entries").await.unwrap();
    assert_eq!(frame.clone().count().await.unwrap(), 1);
    lake.send(&mut stream, &[log()]).await;
    assert_eq!(frame.count().await.unwrap(), 2);
}
