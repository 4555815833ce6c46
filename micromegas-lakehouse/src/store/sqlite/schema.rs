//! The versions of the schema, and how a database is brought to the newest.

use std::path::Path;

use sqlx::{Connection, Row, SqliteConnection};

use super::failure::Result;
use crate::error::Error;

/// The steps in order; the version of a database is the number of steps it has taken.
///
/// A step that was released never changes.
const STEPS: &[&str] = &[
    include_str!("migrations/0001_lake_and_ledger.sql"),
    include_str!("migrations/0002_blocks_by_object.sql"),
    include_str!("migrations/0003_keys_and_audit.sql"),
    include_str!("migrations/0004_removal.sql"),
    include_str!("migrations/0005_sql_views.sql"),
];

/// Marks a SQLite file as ours; the letters `MMLH`.
const APPLICATION_ID: i64 = 0x4d4d_4c48;

/// Takes the steps that are missing, all in one transaction, and refuses files of other kinds.
pub(super) async fn migrate(connection: &mut SqliteConnection, path: &Path) -> Result<()> {
    if version(connection, path).await? == STEPS.len() {
        return Ok(());
    }
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    // Another process may have taken the steps since.
    let taken = version(&mut transaction, path).await?;
    for step in &STEPS[taken..] {
        sqlx::raw_sql(*step).execute(&mut *transaction).await?;
    }
    let version = STEPS.len();
    let marks =
        format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {version};");
    sqlx::raw_sql(sqlx::AssertSqlSafe(marks)).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}

/// How many steps the database has taken.
async fn version(connection: &mut SqliteConnection, path: &Path) -> Result<usize> {
    const FACTS: &str = "SELECT application_id, user_version, \
                         (SELECT count(*) FROM sqlite_schema) AS table_count \
                         FROM pragma_application_id, pragma_user_version";
    let facts = sqlx::query(FACTS).fetch_one(connection).await?;
    let application_id: i64 = facts.try_get("application_id")?;
    let version: i64 = facts.try_get("user_version")?;
    let table_count: i64 = facts.try_get("table_count")?;
    match (application_id, usize::try_from(version)) {
        (0, Ok(0)) if table_count == 0 => Ok(0),
        (APPLICATION_ID, Ok(version)) if version <= STEPS.len() => Ok(version),
        (APPLICATION_ID, _) => Err(Error::Unsupported {
            message: format!(
                "{} has schema version {version}, but this release knows versions up to {}: use \
                 the newer release that wrote it",
                path.display(),
                STEPS.len()
            ),
        }
        .into()),
        _ => Err(Error::invalid(format!(
            "{} is a SQLite database of another program: choose another data directory",
            path.display()
        ))
        .into()),
    }
}
