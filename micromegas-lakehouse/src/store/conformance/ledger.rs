//! Partitions: conditional commits, and visibility by version.

use std::slice::from_ref;
use std::sync::Arc;

use super::Subject;
use super::fixture::{commit, covered_store, id, moment, partition, sequence, tenant};
use crate::coverage::Coverage;
use crate::error::Error;
use crate::ledger::{Checksum, PartitionFile, PartitionFilter, PartitionId, Scope, TimeRange};
use crate::sequence::LedgerVersion;
use crate::store::MetadataStore;
use crate::tenant::Tenant;

/// The numbers of the partitions visible at a version.
async fn visible(store: &Arc<dyn MetadataStore>, tenant: &Tenant, version: u64) -> Vec<u128> {
    let version = LedgerVersion::new(version);
    let filter = PartitionFilter::view("log_entries");
    let partitions = store.list_partitions(from_ref(tenant), version, &filter).await.unwrap();
    partitions.iter().map(|partition| partition.id.0.as_u128()).collect()
}

pub(super) async fn a_partition_comes_back_whole(subject: Box<dyn Subject>) {
    let tenant = tenant("t");
    let store = covered_store(&*subject, &tenant).await;
    let mut whole = partition(1, 10, 20);
    whole.scope = Scope::Process(id(7));
    whole.schema_version = 3;
    whole.coverage.remove(sequence(15));
    whole.event_time = Some(TimeRange::new(moment(1), moment(2)));
    whole.file = Some(PartitionFile {
        key: "views/t/log_entries/x.parquet".to_owned(),
        size: 12_345,
        row_count: 678,
        checksum: Checksum::of(b"file"),
    });
    let empty = partition(2, 20, 30);
    let add = vec![whole.clone(), empty.clone()];
    let version = store.commit_partitions(commit(&tenant, add, &[])).await.unwrap();
    let stored = store
        .list_partitions(from_ref(&tenant), version, &PartitionFilter::default())
        .await
        .unwrap();
    assert_eq!(stored.len(), 2);
    for (stored, sent) in stored.iter().zip([whole, empty]) {
        assert_eq!(stored.id, sent.id);
        assert_eq!(stored.tenant, tenant);
        assert_eq!(stored.view, "log_entries");
        assert_eq!(stored.scope, sent.scope);
        assert_eq!(stored.schema_version, sent.schema_version);
        assert_eq!(stored.coverage, sent.coverage);
        assert_eq!(stored.file, sent.file);
        assert_eq!(stored.event_time, sent.event_time);
        assert_eq!(stored.insert_time, sent.insert_time);
        assert_eq!(stored.created, version);
        assert_eq!(stored.retired, None);
    }
}

pub(super) async fn each_commit_is_a_new_version(subject: Box<dyn Subject>) {
    let (mine, yours) = (tenant("mine"), tenant("yours"));
    let store = covered_store(&*subject, &mine).await;
    for (number, tenant) in [(1, &mine), (2, &yours), (3, &mine)] {
        let add = vec![partition(u128::from(number), number, number + 1)];
        let version = store.commit_partitions(commit(tenant, add, &[])).await.unwrap();
        assert_eq!(version, LedgerVersion::new(number));
        assert_eq!(store.snapshot().await.unwrap().ledger_version, version);
    }
}

pub(super) async fn visibility_follows_the_version(subject: Box<dyn Subject>) {
    let tenant = tenant("t");
    let store = covered_store(&*subject, &tenant).await;
    let steps = [
        commit(&tenant, vec![partition(1, 0, 10)], &[]),
        commit(&tenant, vec![partition(2, 10, 20)], &[]),
        commit(&tenant, vec![partition(3, 0, 20)], &[1, 2]),
        commit(&tenant, vec![], &[3]),
    ];
    for step in steps {
        store.commit_partitions(step).await.unwrap();
    }
    let expected: [&[u128]; 6] = [&[], &[1], &[1, 2], &[3], &[], &[]];
    for (version, expected) in expected.into_iter().enumerate() {
        assert_eq!(visible(&store, &tenant, version as u64).await, expected, "at {version}");
    }
}

pub(super) async fn covered_blocks_are_refused(subject: Box<dyn Subject>) {
    let tenant = tenant("t");
    let store = covered_store(&*subject, &tenant).await;
    let mut holed = partition(1, 0, 30);
    holed.coverage.remove(sequence(15));
    store.commit_partitions(commit(&tenant, vec![holed], &[])).await.unwrap();
    for (after, up_to) in [(0, 1), (14, 16), (29, 31), (0, 40)] {
        let add = vec![partition(2, after, up_to)];
        let error = store.commit_partitions(commit(&tenant, add, &[])).await.unwrap_err();
        assert!(matches!(error, Error::Conflict { .. }), "({after}, {up_to}]: {error:?}");
    }
    let hole = vec![partition(3, 14, 15)];
    store.commit_partitions(commit(&tenant, hole, &[])).await.unwrap();
    let beyond = vec![partition(4, 30, 31)];
    store.commit_partitions(commit(&tenant, beyond, &[])).await.unwrap();
}

pub(super) async fn numbers_to_come_cannot_be_covered(subject: Box<dyn Subject>) {
    let tenant = tenant("t");
    let store = covered_store(&*subject, &tenant).await;
    let beyond = commit(&tenant, vec![partition(1, 35, 41)], &[]);
    let error = store.commit_partitions(beyond).await.unwrap_err();
    assert!(matches!(error, Error::InvalidInput { .. }), "{error:?}");
    store.commit_partitions(commit(&tenant, vec![partition(1, 35, 40)], &[])).await.unwrap();
}

pub(super) async fn coverage_of_other_views_does_not_count(subject: Box<dyn Subject>) {
    let tenant = tenant("t");
    let store = covered_store(&*subject, &tenant).await;
    store.commit_partitions(commit(&tenant, vec![partition(1, 0, 10)], &[])).await.unwrap();
    let mut other = commit(&tenant, vec![partition(2, 0, 10)], &[]);
    other.view = "measures".to_owned();
    store.commit_partitions(other).await.unwrap();
}

pub(super) async fn coverage_is_compared_across_scopes(subject: Box<dyn Subject>) {
    let tenant = tenant("t");
    let store = covered_store(&*subject, &tenant).await;
    let mut of_stream = partition(1, 0, 1);
    of_stream.scope = Scope::Stream(id(2));
    of_stream.coverage = [3, 5, 7].into_iter().map(sequence).collect::<Coverage>();
    store.commit_partitions(commit(&tenant, vec![of_stream], &[])).await.unwrap();
    let all = commit(&tenant, vec![partition(2, 0, 10)], &[]);
    let error = store.commit_partitions(all).await.unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }), "{error:?}");
    let mut between = partition(3, 0, 10);
    for number in [3, 5, 7] {
        between.coverage.remove(sequence(number));
    }
    store.commit_partitions(commit(&tenant, vec![between], &[])).await.unwrap();
}

pub(super) async fn retiring_frees_coverage_within_one_commit(subject: Box<dyn Subject>) {
    let tenant = tenant("t");
    let store = covered_store(&*subject, &tenant).await;
    let parts = vec![partition(1, 0, 10), partition(2, 10, 20)];
    store.commit_partitions(commit(&tenant, parts, &[])).await.unwrap();
    let part_only = commit(&tenant, vec![partition(3, 0, 20)], &[1]);
    let error = store.commit_partitions(part_only).await.unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }), "{error:?}");
    let merged = commit(&tenant, vec![partition(3, 0, 20)], &[1, 2]);
    let version = store.commit_partitions(merged).await.unwrap();
    assert_eq!(visible(&store, &tenant, version.as_u64()).await, [3]);
}

pub(super) async fn what_is_retired_cannot_be_retired_again(subject: Box<dyn Subject>) {
    let tenant = tenant("t");
    let store = covered_store(&*subject, &tenant).await;
    store.commit_partitions(commit(&tenant, vec![partition(1, 0, 10)], &[])).await.unwrap();
    store.commit_partitions(commit(&tenant, vec![], &[1])).await.unwrap();
    let mut other_view = commit(&tenant, vec![], &[1]);
    other_view.view = "measures".to_owned();
    for again in [commit(&tenant, vec![], &[1]), commit(&tenant, vec![], &[9]), other_view] {
        let error = store.commit_partitions(again).await.unwrap_err();
        assert!(matches!(error, Error::Conflict { .. }), "{error:?}");
    }
}

pub(super) async fn a_repeated_commit_already_exists(subject: Box<dyn Subject>) {
    let tenant = tenant("t");
    let store = covered_store(&*subject, &tenant).await;
    store.commit_partitions(commit(&tenant, vec![partition(1, 0, 10)], &[])).await.unwrap();
    let merge = commit(&tenant, vec![partition(2, 0, 10)], &[1]);
    store.commit_partitions(merge.clone()).await.unwrap();
    let error = store.commit_partitions(merge).await.unwrap_err();
    assert!(matches!(error, Error::AlreadyExists { .. }), "{error:?}");
    let retired = commit(&tenant, vec![partition(1, 30, 40)], &[]);
    let error = store.commit_partitions(retired).await.unwrap_err();
    assert!(matches!(error, Error::AlreadyExists { .. }), "{error:?}");
}

pub(super) async fn a_refused_commit_changes_nothing(subject: Box<dyn Subject>) {
    let tenant = tenant("t");
    let store = covered_store(&*subject, &tenant).await;
    let parts = vec![partition(1, 0, 10), partition(2, 10, 20)];
    store.commit_partitions(commit(&tenant, parts, &[])).await.unwrap();
    let before = store.snapshot().await.unwrap();
    let clash = commit(&tenant, vec![partition(3, 30, 40), partition(4, 15, 16)], &[1]);
    store.commit_partitions(clash).await.unwrap_err();
    assert_eq!(store.snapshot().await.unwrap(), before);
    assert_eq!(visible(&store, &tenant, u64::MAX).await, [1, 2]);
    let now_free = commit(&tenant, vec![partition(3, 30, 40)], &[1]);
    store.commit_partitions(now_free).await.unwrap();
}

pub(super) async fn malformed_commits_are_refused(subject: Box<dyn Subject>) {
    let tenant = tenant("t");
    let store = covered_store(&*subject, &tenant).await;
    let malformed = [
        commit(&tenant, vec![], &[]),
        commit(&tenant, vec![partition(1, 5, 5)], &[]),
        commit(&tenant, vec![partition(1, 0, 5), partition(2, 4, 9)], &[]),
        commit(&tenant, vec![partition(1, 0, 5), partition(1, 5, 9)], &[]),
    ];
    for commit in malformed {
        let error = store.commit_partitions(commit).await.unwrap_err();
        assert!(matches!(error, Error::InvalidInput { .. }), "{error:?}");
    }
    assert_eq!(store.snapshot().await.unwrap().ledger_version, LedgerVersion::ZERO);
}

pub(super) async fn one_of_many_rivals_wins(subject: Box<dyn Subject>) {
    let tenant = tenant("t");
    let store = covered_store(&*subject, &tenant).await;
    let mut rivals = Vec::new();
    for number in 1..=16 {
        let store = Arc::clone(&store);
        let commit = commit(&tenant, vec![partition(number, 0, 10 + number as u64)], &[]);
        rivals.push(tokio::spawn(async move { store.commit_partitions(commit).await }));
    }
    let mut winners = 0;
    for rival in rivals {
        match rival.await.unwrap() {
            Ok(_) => winners += 1,
            Err(error) => assert!(matches!(error, Error::Conflict { .. }), "{error:?}"),
        }
    }
    assert_eq!(winners, 1);
    assert_eq!(visible(&store, &tenant, u64::MAX).await.len(), 1);
}

pub(super) async fn partitions_are_listed_by_view_and_scope(subject: Box<dyn Subject>) {
    let tenant = tenant("t");
    let store = covered_store(&*subject, &tenant).await;
    let scopes = [Scope::All, Scope::Process(id(1)), Scope::Stream(id(1)), Scope::Stream(id(2))];
    for (place, scope) in scopes.into_iter().enumerate() {
        let mut added = partition(place as u128 + 1, place as u64, place as u64 + 1);
        added.scope = scope;
        store.commit_partitions(commit(&tenant, vec![added], &[])).await.unwrap();
    }
    let mut other = commit(&tenant, vec![partition(9, 0, 1)], &[]);
    other.view = "measures".to_owned();
    store.commit_partitions(other).await.unwrap();
    let by_scope = |scopes: &[Scope]| PartitionFilter {
        scopes: Some(scopes.to_vec()),
        ..PartitionFilter::view("log_entries")
    };
    let cases = [
        (PartitionFilter::default(), vec![1, 2, 3, 4, 9]),
        (PartitionFilter::view("measures"), vec![9]),
        (PartitionFilter::view("unknown"), vec![]),
        (by_scope(&[Scope::All]), vec![1]),
        (by_scope(&[Scope::Stream(id(1))]), vec![3]),
        (by_scope(&[Scope::All, Scope::Process(id(1)), Scope::Stream(id(2))]), vec![1, 2, 4]),
        (by_scope(&[]), vec![]),
    ];
    for (filter, expected) in cases {
        let found =
            store.list_partitions(from_ref(&tenant), LedgerVersion::MAX, &filter).await.unwrap();
        let expected: Vec<_> = expected.into_iter().map(|n| PartitionId(id(n))).collect();
        let found: Vec<_> = found.iter().map(|partition| partition.id).collect();
        assert_eq!(found, expected, "{filter:?}");
    }
}
