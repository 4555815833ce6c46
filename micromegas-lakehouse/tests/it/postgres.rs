//! What is particular to PostgreSQL: migration, restarts of the database, the pool.

use std::time::{Duration, Instant};

use micromegas_lakehouse::{
    BlockFilter, CommitSequence, Error, LakeInsert, MetadataStore, NewBlock, NewProcess, NewStream,
    PayloadLocation, PostgresOptions, PostgresStore, Tenant,
};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};

use crate::cluster::{self, Cluster};
use crate::fixture::{block, process, stream};

async fn connect(url: &str) -> Result<PostgresStore, Error> {
    PostgresStore::connect(url, PostgresOptions::default()).await
}

/// Runs statements on a connection beside the store's.
async fn execute(url: &str, statements: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let statements = AssertSqlSafe(statements.to_owned());
    sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn count(url: &str, statement: &str) -> i64 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let statement = AssertSqlSafe(statement.to_owned());
    let count = sqlx::query_scalar(statement).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    count
}

fn row(number: u128) -> LakeInsert {
    LakeInsert::Process(NewProcess { tenant: Tenant::default(), info: process(number) })
}

/// The steps of migration in their order, as files.
fn steps() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/postgres/migrations");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_earlier_version_is_migrated() {
    let steps = steps();
    for taken in 0..=steps.len() {
        let url = cluster::shared().make_database().await;
        if taken > 0 {
            let before = steps[..taken].concat();
            execute(
                &url,
                &format!(
                    "CREATE SCHEMA micromegas; SET search_path TO micromegas; \
                     CREATE TABLE schema_version (version BIGINT NOT NULL); \
                     INSERT INTO schema_version VALUES ({taken}); {before}"
                ),
            )
            .await;
        }
        let store = connect(&url).await.unwrap();
        store.insert(vec![row(1)]).await.unwrap();
        let version = count(&url, "SELECT version FROM micromegas.schema_version").await;
        assert_eq!(version, steps.len() as i64);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_of_numbers_costs_what_it_returns_whatever_statistics_say() {
    let url = cluster::shared().make_database().await;
    let tenant = Tenant::default();
    {
        let store = connect(&url).await.unwrap();
        execute(&url, "ALTER TABLE micromegas.blocks SET (autovacuum_enabled = off)").await;
        let stream = NewStream::new(tenant.clone(), stream(1, 1));
        let mut group = vec![row(1), LakeInsert::Stream(stream)];
        group.extend((0..3_000).map(|number| {
            let location = PayloadLocation::whole_object(format!("key {number}"), 1);
            LakeInsert::Block(NewBlock::new(tenant.clone(), &block(number, 1, 1), location))
        }));
        store.insert(group).await.unwrap();
    }
    let read = |index: &str| {
        format!(
            "SELECT coalesce(sum(idx_tup_read), 0)::bigint FROM pg_stat_user_indexes \
             WHERE relname = 'blocks' AND indexrelname {index} 'blocks_pkey'"
        )
    };
    let [by_number, otherwise] = ["=", "<>"].map(read);
    let before = (count(&url, &by_number).await, settled(&url, &otherwise).await);
    {
        let store = connect(&url).await.unwrap();
        for after in 0..20 {
            let range =
                BlockFilter::range(CommitSequence::new(after), CommitSequence::new(after + 100));
            assert_eq!(
                store.list_blocks(std::slice::from_ref(&tenant), &range, 50).await.unwrap().len(),
                50
            );
            let all = BlockFilter::range(CommitSequence::new(after), CommitSequence::MAX);
            assert_eq!(
                store.list_blocks(std::slice::from_ref(&tenant), &all, 50).await.unwrap().len(),
                50
            );
        }
    }
    // What a connection has read is counted when it ends.
    let deadline = Instant::now() + Duration::from_secs(20);
    while count(&url, &by_number).await == before.0 {
        assert!(Instant::now() < deadline, "no row was found by its number");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let by_number = settled(&url, &by_number).await - before.0;
    assert!((2_000..=2_100).contains(&by_number), "{by_number}");
    assert_eq!(settled(&url, &otherwise).await, before.1);
}

/// A count that does not change any more.
async fn settled(url: &str, statement: &str) -> i64 {
    let mut last = count(url, statement).await;
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = count(url, statement).await;
        if now == last {
            return now;
        }
        last = now;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_database_can_be_opened_by_many_at_once() {
    let url = cluster::shared().make_database().await;
    let opened: Vec<_> = (0..16)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { connect(&url).await })
        })
        .collect();
    for store in opened {
        store.await.unwrap().unwrap().insert(vec![row(1)]).await.unwrap();
    }
    assert_eq!(count(&url, "SELECT count(*) FROM micromegas.processes").await, 1);
    assert_eq!(count(&url, "SELECT count(*) FROM micromegas.schema_version").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_of_another_program_or_of_a_newer_release_is_left_alone() {
    let url = cluster::shared().make_database().await;
    execute(&url, "CREATE SCHEMA micromegas; CREATE TABLE micromegas.theirs (id INTEGER)").await;
    let error = connect(&url).await.unwrap_err();
    assert!(matches!(error, Error::InvalidInput { .. }), "{error:?}");
    assert!(error.to_string().contains("another program"), "{error}");

    let url = cluster::shared().make_database().await;
    connect(&url).await.unwrap().close().await;
    execute(&url, "UPDATE micromegas.schema_version SET version = 999").await;
    let error = connect(&url).await.unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }), "{error:?}");
    assert!(error.to_string().contains("999"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_address_is_said_without_the_password() {
    let there = cluster::shared().url("no_such_database").replace("postgres@", "postgres:secret@");
    let error = connect(&there).await.unwrap_err();
    assert!(matches!(error, Error::InvalidInput { .. }), "{error:?}");
    assert!(error.to_string().contains("create it first"), "{error}");
    let nobody = cluster::shared().url("postgres").replace("postgres@", "nobody:secret@");
    let refused = connect(&nobody).await.unwrap_err();
    assert!(matches!(refused, Error::InvalidInput { .. }), "{refused:?}");
    let options = PostgresOptions {
        acquire_timeout: Duration::from_millis(300),
        ..PostgresOptions::default()
    };
    let nowhere = "postgres://user:secret@localhost/lake?host=/nonexistent";
    let silent = PostgresStore::connect(nowhere, options).await.unwrap_err();
    assert!(silent.is_retryable(), "{silent:?}");
    for error in [error, refused, silent] {
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_stopped_is_used_again() {
    let cluster = Cluster::start();
    let url = cluster.make_database().await;
    let options = PostgresOptions {
        acquire_timeout: Duration::from_millis(500),
        ..PostgresOptions::default()
    };
    let store = PostgresStore::connect(&url, options).await.unwrap();
    store.insert(vec![row(1)]).await.unwrap();
    let before = store.snapshot().await.unwrap();
    for number in 2..4 {
        cluster.stop();
        let started = Instant::now();
        for error in [
            store.insert(vec![row(number)]).await.unwrap_err(),
            store.snapshot().await.unwrap_err(),
        ] {
            assert!(error.is_retryable(), "{error:?}");
        }
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        cluster.restart();
        let deadline = Instant::now() + Duration::from_secs(10);
        while let Err(error) = store.insert(vec![row(number)]).await {
            assert!(error.is_retryable(), "{error:?}");
            assert!(Instant::now() < deadline, "{error:?}");
        }
        assert!(store.snapshot().await.unwrap().insert_time > before.insert_time);
    }
    assert_eq!(count(&url, "SELECT count(*) FROM micromegas.processes").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_nothing_uses_are_given_back() {
    const OURS: &str = "SELECT count(*) FROM pg_stat_activity \
                        WHERE datname = current_database() AND application_name = 'micromegas'";
    let url = cluster::shared().make_database().await;
    let options =
        PostgresOptions { idle_timeout: Duration::from_millis(200), ..PostgresOptions::default() };
    let store = PostgresStore::connect(&url, options).await.unwrap();
    store.insert(vec![row(1)]).await.unwrap();
    store.snapshot().await.unwrap();
    assert!(count(&url, OURS).await > 0);
    let deadline = Instant::now() + Duration::from_secs(20);
    while count(&url, OURS).await > 0 {
        assert!(Instant::now() < deadline, "connections are kept");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    store.insert(vec![row(2)]).await.unwrap();
    assert_eq!(count(&url, "SELECT count(*) FROM micromegas.processes").await, 2);
}

/// A server that has gone silent in the middle of a group commit holds the others up for no
/// longer than the timeout.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_server_loses_its_turn() {
    let url = cluster::shared().make_database().await;
    let store = connect(&url).await.unwrap();
    let mut silent = PgConnection::connect(&url).await.unwrap();
    let turn = "SET idle_in_transaction_session_timeout = 2000; BEGIN; \
                UPDATE micromegas.lake_state SET insert_time = insert_time";
    sqlx::raw_sql(turn).execute(&mut silent).await.unwrap();
    let started = Instant::now();
    while let Err(error) = store.insert(vec![row(1)]).await {
        assert!(error.is_retryable(), "{error:?}");
        assert!(started.elapsed() < Duration::from_secs(10), "{error:?}");
    }
    assert!(started.elapsed() > Duration::from_secs(1));
}
