//! The local directory: it is kept, and what is wrong with it is said.

use std::fs;
use std::time::Duration;

use micromegas_lakehouse::{
    Durability, Error, KeyFilter, KeyHash, KeyStore, Lake, LakeInsert, LakeOptions, Lakehouse,
    LeaseKey, MetadataStore, NewApiKey, NewProcess, Rights, SqliteStore, Tenant,
};
use sqlx::Connection;

use crate::fixture::{block, blocks, payload, process, stream};

#[tokio::test]
async fn what_was_answered_is_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    for round in 0..3 {
        let lakehouse = Lakehouse::open_local(directory.path()).await.unwrap();
        let lake = Lake::new(lakehouse.clone(), LakeOptions::default());
        let tenant = Tenant::default();
        lake.insert_process(&tenant, process(1)).await.unwrap();
        lake.insert_stream(&tenant, stream(2, 1)).await.unwrap();
        lake.insert_block(&tenant, block(100 + round, 2, 1)).await.unwrap();
        let blocks = blocks(&lakehouse).await;
        assert_eq!(blocks.len() as u128, round + 1);
        for (place, block) in blocks.iter().enumerate() {
            let expected = payload(100 + place as u128);
            assert_eq!(lakehouse.fetch_payload(block).await.unwrap(), expected);
        }
    }
}

#[tokio::test]
async fn files_that_a_server_did_not_finish_are_removed_at_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    drop(Lakehouse::open_local(directory.path()).await.unwrap());
    let folder = directory.path().join("objects/views/default");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("1.parquet#1"), b"half").unwrap();
    fs::write(folder.join("1.parquet"), b"whole").unwrap();
    let _lakehouse = Lakehouse::open_local_with(directory.path(), Durability::Fsync).await.unwrap();
    assert!(!folder.join("1.parquet#1").exists());
    assert!(folder.join("1.parquet").exists());
}

/// What a killed process leaves is its files as they are, the log not merged into the database.
#[tokio::test]
async fn what_was_answered_is_in_the_files_at_once() {
    let (directory, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let lakehouse = Lakehouse::open_local(directory.path()).await.unwrap();
    let lake = Lake::new(lakehouse.clone(), LakeOptions::default());
    let tenant = Tenant::default();
    lake.insert_process(&tenant, process(1)).await.unwrap();
    lake.insert_stream(&tenant, stream(2, 1)).await.unwrap();
    for number in 0..20 {
        lake.insert_block(&tenant, block(100 + number, 2, 1)).await.unwrap();
    }
    copy_tree(directory.path(), copy.path());
    let restarted = Lakehouse::open_local(copy.path()).await.unwrap();
    let found = blocks(&restarted).await;
    assert_eq!(found, blocks(&lakehouse).await);
    assert_eq!(found.len(), 20);
    for block in &found {
        restarted.fetch_payload(block).await.unwrap();
    }
}

fn copy_tree(from: &std::path::Path, to: &std::path::Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[tokio::test]
async fn a_fresh_database_can_be_opened_by_many_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("metadata.sqlite");
    let opened = (0..8).map(|_| tokio::spawn(SqliteStore::open(path.clone())));
    for store in opened.collect::<Vec<_>>() {
        store.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_database_locked_by_another_program_is_unavailable() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("metadata.sqlite");
    let store = SqliteStore::open(&path).await.unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
    let mut other = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql("BEGIN EXCLUSIVE").execute(&mut other).await.unwrap();
    let row = LakeInsert::Process(NewProcess { tenant: Tenant::default(), info: process(1) });
    let error = store.insert(vec![row.clone()]).await.unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
    assert!(error.to_string().contains("locked by another program"), "{error}");
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    store.insert(vec![row]).await.unwrap();
}

#[tokio::test]
async fn a_second_server_is_told_that_the_directory_is_in_use() {
    let directory = tempfile::tempdir().unwrap();
    let first = Lakehouse::open_local(directory.path()).await.unwrap();
    let error = Lakehouse::open_local(directory.path()).await.unwrap_err();
    assert!(matches!(error, Error::InUse { .. }), "{error:?}");
    assert!(error.to_string().contains("stop that server"), "{error}");
    drop(first);
    Lakehouse::open_local(directory.path()).await.unwrap();
}

#[tokio::test]
async fn keys_are_made_beside_a_server_that_has_the_directory() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("not/made/yet");
    let before = SqliteStore::open_local(&path).await.unwrap();
    let lakehouse = Lakehouse::open_local(&path).await.unwrap();
    for (number, store) in [(1, &before), (2, &SqliteStore::open_local(&path).await.unwrap())] {
        let key = NewApiKey {
            id: uuid::Uuid::from_u128(number),
            name: "key".to_owned(),
            prefix: "mmk_".to_owned(),
            hash: KeyHash::from_bytes([number as u8; 32]),
            tenant: Tenant::default(),
            rights: Rights::ALL,
            expires: None,
            created_by: "ada".to_owned(),
        };
        let key = store.insert_key(key).await.unwrap();
        assert_eq!(lakehouse.store().fetch_key(&key.hash).await.unwrap(), Some(key));
    }
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_unwritable() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, b"not a directory").unwrap();
    for path in [file.join("data"), "/proc/self/data".into()] {
        let error = Lakehouse::open_local(&path).await.unwrap_err();
        assert!(matches!(error, Error::Unwritable { .. }), "{error:?}");
        assert!(error.to_string().contains("choose a data directory"), "{error}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_corrupt() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("metadata.sqlite"), vec![7; 100_000]).unwrap();
    let error = Lakehouse::open_local(directory.path()).await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error:?}");
    assert!(error.to_string().contains("backup"), "{error}");
}

#[tokio::test]
async fn a_database_of_another_program_or_of_a_newer_release_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("metadata.sqlite");
    SqliteStore::open(&path).await.unwrap().close().await;
    let foreign = rewrite_header(&path, &[(60, 0), (68, 0)]);
    let error = SqliteStore::open(&foreign).await.unwrap_err();
    assert!(matches!(error, Error::InvalidInput { .. }), "{error:?}");
    let newer = rewrite_header(&path, &[(60, 999)]);
    let error = SqliteStore::open(&newer).await.unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }), "{error:?}");
    assert!(error.to_string().contains("999"), "{error}");
}

#[tokio::test]
async fn each_earlier_version_is_migrated_with_what_it_holds() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/sqlite/migrations");
    let mut steps: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    steps.sort();
    let steps: Vec<String> = steps.iter().map(|step| fs::read_to_string(step).unwrap()).collect();
    assert!(steps.len() >= 4);
    for taken in 1..=steps.len() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("metadata.sqlite");
        let options =
            sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let mut old = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
        // The letters `MMLH`.
        let marks = format!(
            "PRAGMA application_id = 1296911432; PRAGMA user_version = {taken}; \
             INSERT INTO leases VALUES ('t', 'work', 41, NULL, 0)"
        );
        for statements in steps[..taken].iter().chain([&marks]) {
            let statements = sqlx::AssertSqlSafe(statements.clone());
            sqlx::raw_sql(statements).execute(&mut old).await.unwrap();
        }
        old.close().await.unwrap();
        let store = SqliteStore::open(&path).await.unwrap();
        assert!(store.list_keys(&KeyFilter::default(), 10).await.unwrap().is_empty());
        let key = LeaseKey::new(Tenant::new("t").unwrap(), "work");
        let lease = store.acquire_lease(&key, "holder", Duration::from_secs(1)).await.unwrap();
        assert_eq!(lease.unwrap().token.epoch, 42);
    }
}

/// Copies a database with other 32-bit fields in its header: 60 is `user_version`, 68 is
/// `application_id`.
fn rewrite_header(path: &std::path::Path, fields: &[(usize, u32)]) -> std::path::PathBuf {
    let mut bytes = fs::read(path).unwrap();
    for (offset, value) in fields {
        bytes[*offset..*offset + 4].copy_from_slice(&value.to_be_bytes());
    }
    let copy = path.with_extension(format!("copy{}", fields.len()));
    fs::write(&copy, bytes).unwrap();
    copy
}
