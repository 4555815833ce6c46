//! How a store uses its database.

use std::time::Duration;

/// How a [`PostgresStore`](crate::PostgresStore) uses its database.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// The most connections for look-ups, lists and the ledger; one more does group commits.
    pub connections_max: u32,
    /// How long a call waits for a connection before it is answered with
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    pub acquire_timeout: Duration,
    /// How long a connection is kept that nothing uses: down to none.
    pub idle_timeout: Duration,
    /// How long the database may take for one statement of a group commit, the wait for its turn
    /// included, and how long it keeps the turn for a server that has gone silent.
    pub commit_timeout: Duration,
    /// How long the database may take for any other statement.
    pub query_timeout: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            connections_max: 8,
            acquire_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(300),
            commit_timeout: Duration::from_secs(2),
            query_timeout: Duration::from_secs(30),
        }
    }
}
