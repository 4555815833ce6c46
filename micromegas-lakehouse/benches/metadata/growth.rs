//! Whether a store gets slower as it fills.

use std::sync::Arc;
use std::time::Instant;

use micromegas_lakehouse::{BlockFilter, CommitSequence, MetadataStore, Tenant};

use crate::rows::{BLOCKS_PER_PROCESS, Rows};
use crate::times::Times;

/// Processes of the whole measurement.
const PROCESS_COUNT: f64 = 1e6;
/// Look-ups of each kind in one place of the measurement.
const LOOKUP_COUNT: usize = 2_000;
/// Blocks in a range of time.
const RANGE: u64 = 100;

/// What a store did when it was a tenth full and when it was full.
#[derive(Debug)]
pub(crate) struct Growth {
    pub(crate) first: Tenth,
    pub(crate) last: Tenth,
    pub(crate) process_count: u64,
    pub(crate) block_count: u64,
}

/// What a store did while a tenth of the rows was inserted, and after it.
#[derive(Debug)]
pub(crate) struct Tenth {
    pub(crate) rows_per_second: f64,
    pub(crate) process_p99_ms: f64,
    pub(crate) blocks_of_process_p99_ms: f64,
    pub(crate) blocks_of_time_p99_ms: f64,
}

/// Fills a store with a million processes and ten million blocks, or the given share of them.
pub(crate) async fn measure(store: &Arc<dyn MetadataStore>, rows: &mut Rows, scale: f64) -> Growth {
    let tenth = (PROCESS_COUNT * scale / 10.0).max(1.0) as u64;
    let mut tenths = Vec::new();
    for number in 1..=10 {
        let (start, begin) = (Instant::now(), rows.process_count);
        while rows.process_count < number * tenth {
            let group = rows.next_group();
            store.insert(group).await.expect("a group is committed");
        }
        let row_count = (rows.process_count - begin) * (2 + BLOCKS_PER_PROCESS as u64);
        let rows_per_second = row_count as f64 / start.elapsed().as_secs_f64();
        eprintln!("tenth {number}: {rows_per_second:.0} rows/s");
        if number == 1 || number == 10 {
            tenths.push(look_up(store, rows, rows_per_second).await);
        }
    }
    let [first, last] = <[Tenth; 2]>::try_from(tenths).expect("the first and the last tenth");
    let block_count = store.snapshot().await.expect("a snapshot").commit_sequence.as_u64();
    Growth { first, last, process_count: rows.process_count, block_count }
}

async fn look_up(store: &Arc<dyn MetadataStore>, rows: &mut Rows, rows_per_second: f64) -> Tenth {
    let tenants = [Tenant::default()];
    let newest = store.snapshot().await.expect("a snapshot");
    let first = store.list_blocks(&tenants, &BlockFilter::default(), 1).await.expect("a block");
    let begin = first.first().expect("a block").insert_time;
    let span_us = (newest.insert_time - begin).num_microseconds().expect("less than an age");
    let [mut processes, mut of_process, mut of_time] = [(); 3].map(|()| Times::default());
    for _ in 0..LOOKUP_COUNT {
        let process_id = rows.any_process();
        let found = processes.note(store.fetch_process(&tenants[0], process_id)).await;
        assert!(found.expect("an answer").is_some());
        let filter = BlockFilter { process_ids: Some(vec![process_id]), ..BlockFilter::default() };
        let blocks = of_process.note(store.list_blocks(&tenants, &filter, 1_000)).await;
        blocks.expect("an answer");
        let time = begin + chrono::TimeDelta::microseconds(fastrand::i64(0..=span_us));
        let blocks = of_time.note(async {
            let after = store.sequence_at(time).await?;
            let up_to = CommitSequence::new(after.as_u64() + RANGE);
            store.list_blocks(&tenants, &BlockFilter::range(after, up_to), RANGE as usize).await
        });
        blocks.await.expect("an answer");
    }
    Tenth {
        rows_per_second,
        process_p99_ms: processes.quantile_ms(0.99),
        blocks_of_process_p99_ms: of_process.quantile_ms(0.99),
        blocks_of_time_p99_ms: of_time.quantile_ms(0.99),
    }
}
