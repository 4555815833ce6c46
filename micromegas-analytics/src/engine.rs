//! What all tables, queries and the daemon of one lakehouse share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::execution::object_store::ObjectStoreUrl;
use micromegas_lakehouse::Lakehouse;
use tokio::sync::Semaphore;

use crate::error::Error;
use crate::options::Options;
use crate::scan::LedgerCache;
use crate::source::SourceCache;
use crate::sql_view::SqlViews;

/// A lakehouse with the caches that make reading it cheap.
#[derive(Debug)]
pub(crate) struct Engine {
    lakehouse: Lakehouse,
    options: Options,
    sources: SourceCache,
    ledger: LedgerCache,
    sql_views: SqlViews,
    decoders: Arc<Semaphore>,
    object_store_url: ObjectStoreUrl,
}

impl Engine {
    pub(crate) fn new(lakehouse: Lakehouse, options: Options) -> Result<Arc<Self>, Error> {
        // Contexts keep object stores by URL, and one context may hold tables of two lakehouses.
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let object_store_url = ObjectStoreUrl::parse(format!("micromegas://lakehouse-{number}"))?;
        let parallelism = std::thread::available_parallelism().map_or(2, usize::from);
        let sources = SourceCache::new(options.decode_limits.clone(), options.redaction.clone());
        let sql_views = SqlViews::try_new(&options.views)?;
        Ok(Arc::new(Self {
            lakehouse,
            options,
            sources,
            ledger: LedgerCache::default(),
            sql_views,
            decoders: Arc::new(Semaphore::new(parallelism)),
            object_store_url,
        }))
    }

    pub(crate) fn lakehouse(&self) -> &Lakehouse {
        &self.lakehouse
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    /// Streams with their processes and decoding plans.
    pub(crate) fn sources(&self) -> &SourceCache {
        &self.sources
    }

    /// Partitions by ledger version.
    pub(crate) fn ledger(&self) -> &LedgerCache {
        &self.ledger
    }

    /// Views that are queries.
    pub(crate) fn sql_views(&self) -> &SqlViews {
        &self.sql_views
    }

    /// One permit for each core: decoding beyond that only takes memory.
    ///
    /// Whoever waits for one must be a task of its own. A stream that its consumer does not poll
    /// would keep the permit that it was given, and the consumer may be waiting for somebody who
    /// needs it.
    pub(crate) fn decoders(&self) -> &Arc<Semaphore> {
        &self.decoders
    }

    /// Where a context finds the objects of this lakehouse.
    pub(crate) fn object_store_url(&self) -> &ObjectStoreUrl {
        &self.object_store_url
    }
}
