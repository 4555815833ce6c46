//! Files of partitions that no query can see any more.

use std::collections::HashSet;
use std::time::Duration;

use chrono::TimeDelta;
use futures::TryStreamExt;
use micromegas_lakehouse::{PartitionFilter, Tenant};
use object_store::ObjectStoreExt;
use object_store::path::Path;

use super::materializer::{Materializer, object_error};
use crate::error::Error;

/// How many retired partitions are deleted at a time.
const PAGE_LENGTH: usize = 1_000;

impl Materializer {
    /// Deletes the files of partitions that were retired longer ago than `retired_age`, then
    /// their rows in the ledger. Returns how many.
    pub(super) async fn sweep(&self) -> Result<usize, Error> {
        let lakehouse = self.engine.lakehouse();
        let mut swept_count = 0;
        loop {
            let age = self.options.retired_age;
            let retired = lakehouse.store().list_retired_partitions(age, PAGE_LENGTH).await?;
            for partition in &retired {
                if let Some(file) = &partition.file {
                    match lakehouse.objects().delete(&Path::from(file.key.as_str())).await {
                        Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                        Err(error) => return Err(object_error(error)),
                    }
                }
                let ids = [partition.id];
                lakehouse.store().delete_retired_partitions(&partition.tenant, &ids).await?;
            }
            swept_count += retired.len();
            if retired.len() < PAGE_LENGTH {
                return Ok(swept_count);
            }
        }
    }

    /// Deletes files of partitions that have been there for `orphan_age` and that the ledger does
    /// not name: who wrote them has died before the commit. Returns how many.
    ///
    /// # Errors
    ///
    /// If the lakehouse is not available. What was deleted before stays deleted.
    pub async fn sweep_orphans(&self) -> Result<usize, Error> {
        let mut swept_count = 0;
        for tenant in &self.options.tenants {
            swept_count += self.sweep_orphans_of(tenant).await?;
        }
        Ok(swept_count)
    }

    async fn sweep_orphans_of(&self, tenant: &Tenant) -> Result<usize, Error> {
        let lakehouse = self.engine.lakehouse();
        let (store, objects) = (lakehouse.store(), lakehouse.objects());
        let age = TimeDelta::from_std(self.options.orphan_age).unwrap_or(TimeDelta::MAX);
        let now = store.now().await?;
        let prefix = Path::from(format!("views/{tenant}"));
        let mut old: Vec<Path> = objects
            .list(Some(&prefix))
            .try_filter_map(async |meta| {
                Ok((now - meta.last_modified >= age).then_some(meta.location))
            })
            .try_collect()
            .await
            .map_err(object_error)?;
        if old.is_empty() {
            return Ok(0);
        }
        // The ledger is read after the files: what it does not name now, nobody commits any more,
        // because the lease of who wrote it has ended long ago.
        let version = store.snapshot().await?.ledger_version;
        let (tenants, all) = (std::slice::from_ref(tenant), PartitionFilter::default());
        let live = store.list_partitions(tenants, version, &all).await?;
        let retired = store.list_retired_partitions(Duration::ZERO, usize::MAX >> 1).await?;
        let live = live.into_iter().filter_map(|partition| partition.file);
        let retired = retired.into_iter().filter_map(|partition| partition.file);
        let known: HashSet<String> = live.chain(retired).map(|file| file.key).collect();
        old.retain(|path| !known.contains(path.as_ref()));
        for path in &old {
            match objects.delete(path).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(object_error(error)),
            }
        }
        Ok(old.len())
    }
}
