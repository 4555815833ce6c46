//! How SQLite would run a statement, for tests: a list must not cost what it does not return.

use sqlx::{QueryBuilder, Row, Sqlite};

use super::SqliteStore;

/// The start of a statement that is to be explained.
pub(super) fn explain() -> QueryBuilder<Sqlite> {
    QueryBuilder::new("EXPLAIN QUERY PLAN ")
}

/// Checks that a step of the plan says `expected`.
pub(super) async fn assert_plan(mut query: QueryBuilder<Sqlite>, expected: &str) {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path().join("plan.sqlite")).await.unwrap();
    let rows = query.build().fetch_all(&store.connections.readers).await.unwrap();
    let steps: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
    assert!(steps.iter().any(|step| step.contains(expected)), "{expected:?} is not in {steps:#?}");
}
