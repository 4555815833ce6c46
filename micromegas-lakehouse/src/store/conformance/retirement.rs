//! Retired partitions are kept for readers, then listed and deleted.

use std::time::Duration;

use super::Subject;
use super::fixture::{ALL, commit, covered_store, id, partition, tenant};
use crate::ledger::{Checksum, PartitionFile, PartitionFilter, PartitionId};
use crate::sequence::LedgerVersion;

pub(super) async fn retired_partitions_are_listed_by_age_and_deleted(subject: Box<dyn Subject>) {
    let tenant = tenant("t");
    let store = covered_store(&*subject, &tenant).await;
    let mut with_file = partition(1, 0, 10);
    let file = PartitionFile {
        key: "views/t/log_entries/1.parquet".to_owned(),
        size: 1,
        row_count: 1,
        checksum: Checksum::of(b""),
    };
    with_file.file = Some(file.clone());
    let add = vec![with_file, partition(2, 10, 20), partition(3, 20, 30)];
    store.commit_partitions(commit(&tenant, add, &[])).await.unwrap();
    store.commit_partitions(commit(&tenant, vec![], &[1])).await.unwrap();
    store.commit_partitions(commit(&tenant, vec![], &[2])).await.unwrap();

    let hour = Duration::from_secs(3600);
    assert!(store.list_retired_partitions(hour, ALL).await.unwrap().is_empty());
    let retired = store.list_retired_partitions(Duration::ZERO, ALL).await.unwrap();
    let ids: Vec<u128> = retired.iter().map(|partition| partition.id.0.as_u128()).collect();
    assert_eq!(ids, [1, 2]);
    assert_eq!(retired[0].file, Some(file));
    assert_eq!(retired[0].tenant, tenant);
    assert_eq!(store.list_retired_partitions(Duration::ZERO, 1).await.unwrap().len(), 1);

    store.delete_retired_partitions(&tenant, &[PartitionId(id(1))]).await.unwrap();
    let rest = store.list_retired_partitions(Duration::ZERO, ALL).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].id, PartitionId(id(2)));
}

pub(super) async fn visible_partitions_are_not_deleted(subject: Box<dyn Subject>) {
    let (mine, yours) = (tenant("mine"), tenant("yours"));
    let store = covered_store(&*subject, &mine).await;
    store.commit_partitions(commit(&mine, vec![partition(1, 0, 10)], &[])).await.unwrap();
    store.commit_partitions(commit(&yours, vec![partition(1, 0, 10)], &[])).await.unwrap();
    store.commit_partitions(commit(&yours, vec![], &[1])).await.unwrap();
    store.delete_retired_partitions(&mine, &[PartitionId(id(1))]).await.unwrap();
    let filter = PartitionFilter::default();
    let left = store.list_partitions(&[mine], LedgerVersion::MAX, &filter).await.unwrap();
    assert_eq!(left.len(), 1);
    let retired = store.list_retired_partitions(Duration::ZERO, ALL).await.unwrap();
    assert_eq!(retired.len(), 1, "another tenant's partition was deleted");
}
