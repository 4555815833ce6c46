//! Connections: one for group commits, several for everything else.

use std::str::FromStr;
use std::time::Duration;

use futures::future::BoxFuture;
use sqlx::pool::PoolConnectionMetadata;
use sqlx::postgres::{
    PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgPoolOptions as Pool,
};
use sqlx::{ConnectOptions, Connection, Postgres, Transaction};

use super::failure::Result;
use super::options::PostgresOptions;
use super::schema::{self, SCHEMA};
use crate::error::Error;

/// A connection that was used this recently is not asked whether it still works.
const FRESH: Duration = Duration::from_secs(1);

/// The connections of one server.
#[derive(Debug)]
pub(super) struct Connections {
    /// The one connection for group commits: a server has one group in flight.
    pub(super) committer: PgPool,
    pub(super) pool: PgPool,
}

impl Connections {
    /// Connects and brings the database to the newest schema.
    pub(super) async fn open(target: &Target, options: &PostgresOptions) -> Result<Self> {
        migrate(target, options).await?;
        let settings = |statement: Duration| {
            [
                ("search_path", SCHEMA.to_owned()),
                ("statement_timeout", statement.as_millis().to_string()),
                (
                    "idle_in_transaction_session_timeout",
                    options.commit_timeout.as_millis().to_string(),
                ),
            ]
        };
        // Look-ups by index whatever the statistics of a fresh database say, planned once; the
        // estimated costs mean nothing then, and compiling by them would take longer than running.
        // Lists go by the index in whose order they are, which a bitmap does not have.
        let plans = [
            ("jit", "off"),
            ("enable_seqscan", "off"),
            ("enable_hashjoin", "off"),
            ("enable_mergejoin", "off"),
            ("plan_cache_mode", "force_generic_plan"),
        ];
        let committing =
            target.options.clone().options(settings(options.commit_timeout)).options(plans);
        let reading = target.options.clone().options(settings(options.query_timeout)).options([
            ("jit", "off"),
            ("enable_seqscan", "off"),
            ("enable_bitmapscan", "off"),
        ]);
        let pool = |connections| {
            PgPoolOptions::new()
                .max_connections(connections)
                .min_connections(0)
                .acquire_timeout(options.acquire_timeout)
                .idle_timeout(options.idle_timeout)
                .test_before_acquire(false)
                .before_acquire(is_alive)
        };
        Ok(Self {
            committer: pool(1).connect_lazy_with(committing),
            pool: pool(options.connections_max.max(1)).connect_lazy_with(reading),
        })
    }
}

/// Where the database is.
#[derive(Debug)]
pub(super) struct Target {
    options: PgConnectOptions,
    /// The database as messages name it, without its password.
    pub(super) name: String,
}

impl FromStr for Target {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self, Error> {
        let is_postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
        // The parser's own message may quote the URL, in which a password stands.
        let options = is_postgres
            .then(|| PgConnectOptions::from_str(url).ok())
            .flatten()
            .ok_or_else(|| {
                Error::invalid(
                    "the address of the database must be a URL such as \
                     postgres://user:password@host:5432/database",
                )
            })?
            .application_name("micromegas")
            .disable_statement_logging();
        let database = options.get_database().unwrap_or_else(|| options.get_username());
        let place = match options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        };
        let name = format!("the database {database} at {place}");
        Ok(Self { options, name })
    }
}

/// Migrates on a connection of its own, on which no statement is cut short.
async fn migrate(target: &Target, options: &PostgresOptions) -> Result<()> {
    let pool = Pool::new()
        .max_connections(1)
        .acquire_timeout(options.acquire_timeout)
        .connect_lazy_with(target.options.clone().options([("search_path", SCHEMA)]));
    let migrated = schema::migrate(&mut *pool.acquire().await?).await;
    pool.close().await;
    migrated
}

/// Whether a connection out of the pool still works; another is taken if not.
fn is_alive(
    connection: &mut PgConnection,
    meta: PoolConnectionMetadata,
) -> BoxFuture<'_, sqlx::Result<bool>> {
    Box::pin(async move { Ok(meta.idle_for < FRESH || connection.ping().await.is_ok()) })
}

/// Starts a transaction with statements that lock what makes writers take turns. If they fail, the
/// transaction is rolled back, so that the connection can be used again.
pub(super) async fn begin(
    pool: &PgPool,
    statements: &'static str,
) -> Result<Transaction<'static, Postgres>> {
    let mut transaction = pool.begin().await?;
    sqlx::raw_sql(statements).execute(&mut *transaction).await?;
    Ok(transaction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_named_without_its_password() {
        let target: Target = "postgres://me:secret@db.example:6543/lake".parse().unwrap();
        assert_eq!(target.name, "the database lake at db.example:6543");
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        for url in ["", "mysql://me:secret@host/lake", "postgres://me:secret@host:port/lake"] {
            let error = url.parse::<Target>().unwrap_err();
            assert!(matches!(error, Error::InvalidInput { .. }), "{error:?}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
