//! `insert_time` is given with the number and grows with it.

use chrono::{TimeDelta, Timelike, Utc};

use super::Subject;
use super::fixture::{block, blocks, process, seed, sequence, stream, tenant};

pub(super) async fn a_group_has_one_time_and_the_next_a_later_one(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    let start = Utc::now() - TimeDelta::seconds(1);
    seed(&store, &tenant).await;
    for group in 0..50 {
        let first = 100 + group * 3;
        let rows = (first..first + 3).map(|number| block(&tenant, number, 2, 1)).collect();
        store.insert(rows).await.unwrap();
    }
    let blocks = blocks(&store, &tenant).await;
    let groups: Vec<_> = blocks.chunks(3).collect();
    for group in &groups {
        assert!(group.iter().all(|block| block.insert_time == group[0].insert_time));
        assert!(group[0].insert_time > start);
    }
    assert!(groups.windows(2).all(|pair| pair[0][0].insert_time < pair[1][0].insert_time));
}

pub(super) async fn times_have_whole_microseconds(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    seed(&store, &tenant).await;
    for number in 100..110 {
        store.insert(vec![block(&tenant, number, 2, 1)]).await.unwrap();
    }
    for block in blocks(&store, &tenant).await {
        assert_eq!(block.insert_time.nanosecond() % 1000, 0);
    }
}

pub(super) async fn a_late_block_has_the_time_of_its_number(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    store.insert(vec![process(&tenant, 1), block(&tenant, 100, 2, 1)]).await.unwrap();
    let arrival = store.snapshot().await.unwrap().insert_time;
    store.insert(vec![process(&tenant, 11), stream(&tenant, 12, 11)]).await.unwrap();
    store.insert(vec![block(&tenant, 101, 12, 11)]).await.unwrap();
    store.insert(vec![stream(&tenant, 2, 1)]).await.unwrap();
    let late = store.snapshot().await.unwrap().insert_time;
    let blocks = blocks(&store, &tenant).await;
    assert_eq!(blocks[0].begin_ticks, 101);
    assert_eq!(blocks[1].begin_ticks, 100);
    assert!(arrival < blocks[0].insert_time && blocks[0].insert_time < late);
    assert_eq!(blocks[1].insert_time, late);
}

pub(super) async fn a_range_of_time_is_a_range_of_the_sequence(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    seed(&store, &tenant).await;
    assert_eq!(store.sequence_at(Utc::now()).await.unwrap(), sequence(0));
    for group in 0..20 {
        let rows = (0..=group % 4).map(|n| block(&tenant, 100 + group * 10 + n, 2, 1)).collect();
        store.insert(rows).await.unwrap();
    }
    let blocks = blocks(&store, &tenant).await;
    for block in &blocks {
        let last = blocks.iter().filter(|other| other.insert_time <= block.insert_time).count();
        let before = blocks.iter().filter(|other| other.insert_time < block.insert_time).count();
        let just_before = block.insert_time - TimeDelta::microseconds(1);
        assert_eq!(store.sequence_at(block.insert_time).await.unwrap(), sequence(last as u64));
        assert_eq!(store.sequence_at(just_before).await.unwrap(), sequence(before as u64));
    }
    let all = sequence(blocks.len() as u64);
    assert_eq!(store.sequence_at(chrono::DateTime::<Utc>::MAX_UTC).await.unwrap(), all);
    let none = store.sequence_at(chrono::DateTime::<Utc>::MIN_UTC).await.unwrap();
    assert_eq!(none, sequence(0));
}

pub(super) async fn the_snapshot_tells_the_time_of_the_newest_group(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    store.insert(vec![process(&tenant, 1)]).await.unwrap();
    let first = store.snapshot().await.unwrap();
    let stored = store.fetch_process(&tenant, super::fixture::id(1)).await.unwrap().unwrap();
    assert_eq!(stored.insert_time, first.insert_time);
    store.insert(vec![process(&tenant, 2)]).await.unwrap();
    assert!(store.snapshot().await.unwrap().insert_time > first.insert_time);
}
