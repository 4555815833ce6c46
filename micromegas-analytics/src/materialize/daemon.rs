//! The role that keeps eager views written down.

use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures::future::{Either, select};
use micromegas_lakehouse::{Lakehouse, Tenant};
use micromegas_tracing::prelude::*;

use super::materializer::{Effort, Materializer};
use super::options::DaemonOptions;
use crate::error::Error;
use crate::view::{View, materialized_views};

/// How often files are looked for that were never committed.
const ORPHAN_PERIOD: Duration = Duration::from_secs(60 * 60);

/// Keeps views written down: decodes fresh blocks into the shared cache, writes them as
/// partitions, merges small partitions, and deletes files that nothing refers to any more.
///
/// Any number of daemons may run on one lakehouse: leases share out the work. A daemon that dies
/// loses nothing; its leases expire.
#[derive(Debug)]
pub struct Daemon {
    lakehouse: Lakehouse,
    options: DaemonOptions,
}

impl Daemon {
    /// A daemon for a lakehouse.
    pub fn new(lakehouse: Lakehouse, options: DaemonOptions) -> Self {
        Self { lakehouse, options }
    }

    /// Works until `shutdown` is ready, then finishes what it has begun. A view that fails is
    /// logged and tried again in the next round; it does not stop the others.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing that was committed.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let period = self.options.period;
        let materializer = match Materializer::try_new(self.lakehouse, self.options) {
            Ok(materializer) => materializer,
            Err(error) => {
                error!("the daemon cannot start: {error}");
                return;
            }
        };
        let mut shutdown = pin!(shutdown);
        let mut orphans_swept: Option<Instant> = None;
        loop {
            let sweeps_orphans = orphans_swept.is_none_or(|at| at.elapsed() >= ORPHAN_PERIOD);
            if sweeps_orphans {
                orphans_swept = Some(Instant::now());
            }
            let round = pin!(round(&materializer, sweeps_orphans));
            match select(round, shutdown.as_mut()).await {
                Either::Left(_) => {}
                Either::Right(((), round)) => {
                    round.await;
                    return;
                }
            }
            let pause = pin!(tokio::time::sleep(period));
            if let Either::Right(_) = select(pause, shutdown.as_mut()).await {
                return;
            }
        }
    }
}

/// One look at every view of every tenant, and now and then at what the dead left.
async fn round(materializer: &Materializer, sweeps_orphans: bool) {
    for tenant in &materializer.options.tenants {
        for view in materialized_views() {
            if let Err(error) = keep(materializer, tenant, view).await {
                let name = view.definition().name;
                error!(
                    "{name} of tenant {tenant} was not kept up, the next round tries again: {error}"
                );
            }
        }
    }
    for tenant in &materializer.options.tenants {
        keep_sql_views(materializer, tenant).await;
    }
    match materializer.sweep().await {
        Ok(0) => {}
        Ok(count) => debug!("deleted {count} retired partitions"),
        Err(error) => {
            error!("retired partitions were not deleted, the next round tries again: {error}")
        }
    }
    if sweeps_orphans {
        match materializer.sweep_orphans().await {
            Ok(0) => {}
            Ok(count) => info!("deleted {count} files that were never committed"),
            Err(error) => error!("files without a partition were not deleted: {error}"),
        }
    }
}

/// One look at every view in SQL of a tenant.
async fn keep_sql_views(materializer: &Materializer, tenant: &Tenant) {
    let engine = &materializer.engine;
    let views = match engine.sql_views().of_tenant(engine, tenant).await {
        Ok(views) => views,
        Err(error) => {
            error!(
                "the views of tenant {tenant} are not known, the next round asks again: {error}"
            );
            return;
        }
    };
    for view in views {
        let kept = async {
            let progress = materializer.keep_up_sql(tenant, &view, Effort::WhatIsDue).await?;
            if progress.partition_count > 0 {
                materializer.compact_sql(tenant, &view).await?;
            }
            Ok::<_, Error>(())
        };
        if let Err(error) = kept.await {
            let name = view.name();
            error!(
                "{name} of tenant {tenant} was not kept up, the next round tries again: {error}"
            );
        }
    }
}

async fn keep(
    materializer: &Materializer,
    tenant: &Tenant,
    view: &std::sync::Arc<dyn View>,
) -> Result<(), Error> {
    let name = view.definition().name;
    let progress = materializer.keep_up(tenant, view).await?;
    if progress.partition_count > 0 {
        let (blocks, rows) = (progress.block_count, progress.row_count);
        debug!("{name} of tenant {tenant}: {blocks} blocks, {rows} rows written down");
        let merged = materializer.compact_view(tenant, view).await?;
        if merged > 0 {
            debug!("{name} of tenant {tenant}: {merged} partitions merged");
        }
    }
    Ok(())
}
