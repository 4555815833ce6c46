//! What a host may choose about materialisation.

use std::time::Duration;

use micromegas_lakehouse::{Redaction, Tenant};

use crate::scan::BlockCache;
use crate::sql_view::SqlView;

/// How the daemon works. `DaemonOptions::default()` suits a small server.
#[derive(Debug, Clone)]
pub struct DaemonOptions {
    /// Whose views are kept.
    pub tenants: Vec<Tenant>,
    /// How often each view is looked at. Fresh blocks are decoded into the cache each time.
    pub period: Duration,
    /// Fresh blocks are written down once their payloads have this many bytes …
    pub payload_bytes_min: u64,
    /// … or once the oldest of them has waited for this long.
    pub fresh_age_max: Duration,
    /// At most about this many payload bytes go into one partition.
    pub payload_bytes_max: u64,
    /// This many partitions of similar size are merged into one.
    pub merge_width: usize,
    /// Files that are merged have at most this many bytes together.
    pub merge_bytes_max: u64,
    /// The memory in bytes that sorting may take before it spills to disk.
    pub sort_memory_bytes: usize,
    /// How long a lease lasts without renewal.
    pub lease_ttl: Duration,
    /// Files of partitions that were merged or retired are deleted after this time, which must
    /// be longer than any query.
    pub retired_age: Duration,
    /// Files of partitions that were written and never committed are deleted after this time, which
    /// must be longer than a lease lasts.
    pub orphan_age: Duration,
    /// The name of this daemon in leases, for people to read.
    pub holder: String,
    /// Decoded fresh blocks; give it the cache of the queries' [`Options`](crate::Options).
    pub cache: BlockCache,
    /// Limits for reading the blocks that clients sent.
    pub decode_limits: micromegas_transit::Limits,
    /// The rules of the queries' [`Options`](crate::Options): states of views in SQL are made of
    /// properties as queries see them. Rows of other views are written down as they were sent.
    pub redaction: Redaction,
    /// Views in SQL of the host's own; those of the queries' [`Options`](crate::Options).
    pub views: Vec<SqlView>,
}

impl Default for DaemonOptions {
    fn default() -> Self {
        Self {
            tenants: vec![Tenant::default()],
            period: Duration::from_secs(2),
            payload_bytes_min: 8 << 20,
            fresh_age_max: Duration::from_secs(10),
            payload_bytes_max: 32 << 20,
            merge_width: 8,
            merge_bytes_max: 128 << 20,
            sort_memory_bytes: 256 << 20,
            lease_ttl: Duration::from_secs(60),
            retired_age: Duration::from_secs(65 * 60),
            orphan_age: Duration::from_secs(60 * 60),
            holder: format!("daemon {}", std::process::id()),
            cache: BlockCache::default(),
            decode_limits: micromegas_transit::Limits::default(),
            redaction: Redaction::default(),
            views: Vec::new(),
        }
    }
}
