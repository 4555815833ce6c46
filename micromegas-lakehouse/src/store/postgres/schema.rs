//! The versions of the schema, and how a database is brought to the newest.

use sqlx::{Connection, PgConnection};

use super::failure::Result;
use crate::error::Error;

/// The schema that holds our tables, so that a database may be shared with other programs.
pub(super) const SCHEMA: &str = "micromegas";

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

/// Held while steps are taken, so that of many servers that start at once one takes them. The
/// letters `MMLH`; other programs use other numbers.
const LOCK: &str = "SELECT pg_advisory_xact_lock(1296911432)";

/// Takes the steps that are missing, all in one transaction.
pub(super) async fn migrate(connection: &mut PgConnection) -> Result<()> {
    if version(connection).await? == STEPS.len() {
        return Ok(());
    }
    let mut transaction = connection.begin().await?;
    sqlx::raw_sql(LOCK).execute(&mut *transaction).await?;
    // Another server may have taken the steps since.
    let taken = version(&mut transaction).await?;
    if taken == 0 {
        const MARK: &str = "CREATE SCHEMA IF NOT EXISTS micromegas; \
                            CREATE TABLE schema_version (version BIGINT NOT NULL); \
                            INSERT INTO schema_version VALUES (0)";
        sqlx::raw_sql(MARK).execute(&mut *transaction).await?;
    }
    for step in &STEPS[taken..] {
        sqlx::raw_sql(*step).execute(&mut *transaction).await?;
    }
    sqlx::query("UPDATE schema_version SET version = $1")
        .bind(STEPS.len() as i64)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}

/// How many steps the database has taken.
async fn version(connection: &mut PgConnection) -> Result<usize> {
    let (is_marked, is_taken): (bool, bool) = sqlx::query_as(
        "SELECT coalesce(bool_or(tablename = 'schema_version'), FALSE), count(*) > 0 \
         FROM pg_tables WHERE schemaname = 'micromegas'",
    )
    .fetch_one(&mut *connection)
    .await?;
    match (is_marked, is_taken) {
        (true, _) => {}
        (false, false) => return Ok(0),
        (false, true) => {
            return Err(Error::invalid(format!(
                "the schema {SCHEMA} of this database belongs to another program: choose another \
                 database"
            ))
            .into());
        }
    }
    let version: i64 = sqlx::query_scalar("SELECT version FROM micromegas.schema_version")
        .fetch_one(connection)
        .await?;
    match usize::try_from(version) {
        Ok(version) if version <= STEPS.len() => Ok(version),
        _ => Err(Error::Unsupported {
            message: format!(
                "the database has schema version {version}, but this release knows versions up \
                 to {}: use the newer release that wrote it",
                STEPS.len()
            ),
        }
        .into()),
    }
}
