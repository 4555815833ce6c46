//! Files of partitions that no query can see any more.

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
}
