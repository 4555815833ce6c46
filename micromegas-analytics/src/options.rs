//! What a host may choose.

use micromegas_lakehouse::Redaction;

use crate::scan::BlockCache;
use crate::sql_view::SqlView;

/// How queries run. `Options::default()` suits a small server.
#[derive(Debug, Clone)]
pub struct Options {
    /// Decoded fresh blocks, shared by everything that is given the same handle. Give the
    /// daemon a clone of it, and it decodes nothing that a query has decoded already.
    pub cache: BlockCache,
    /// Limits for reading the blocks that clients sent.
    pub decode_limits: micromegas_transit::Limits,
    /// How many blocks are fetched ahead in each partition of a scan.
    pub fetch_ahead: usize,
    /// The memory in bytes that one query of the FlightSQL service may use before it spills or
    /// fails; `None` leaves it to the host's memory pool.
    pub query_memory_bytes: Option<usize>,
    /// Which properties nobody sees, or only their hashes: of log entries, samples, spans, events,
    /// streams and processes, whatever sent them. None by default. They act on the rows of queries;
    /// what the daemon writes down stays as it was sent.
    pub redaction: Redaction,
    /// Views in SQL of the host's own, for all tenants. Give the daemon the same
    /// ([`DaemonOptions::views`](crate::DaemonOptions::views)), and it keeps them up.
    pub views: Vec<SqlView>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cache: BlockCache::default(),
            decode_limits: micromegas_transit::Limits::default(),
            fetch_ahead: 4,
            query_memory_bytes: Some(2 << 30),
            redaction: Redaction::default(),
            views: Vec::new(),
        }
    }
}
