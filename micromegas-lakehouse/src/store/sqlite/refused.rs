//! Rows of a group that are not taken: of forgotten processes, and in objects about to be deleted.

use std::collections::HashSet;

use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::batch::chunks;
use super::decode;
use super::encode::json;
use super::failure::Result;
use crate::lake::{InsertOutcome, LakeInsert, RecordKey, block_of_key};

/// Whether there is anything to refuse, which there rarely is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refusing {
    pub(super) processes: bool,
    pub(super) objects: bool,
}

/// What is not taken.
#[derive(Debug, Default)]
pub(super) struct Refused {
    processes: HashSet<RecordKey>,
    keys: HashSet<String>,
}

impl Refused {
    /// What of a group is not taken.
    pub(super) async fn find(
        connection: &mut SqliteConnection,
        refusing: Refusing,
        group: &[LakeInsert],
    ) -> Result<Self> {
        let mut refused = Self::default();
        if refusing.processes {
            refused.find_processes(&mut *connection, group).await?;
        }
        if refusing.objects {
            refused.find_keys(&mut *connection, group).await?;
        }
        Ok(refused)
    }

    async fn find_processes(
        &mut self,
        connection: &mut SqliteConnection,
        group: &[LakeInsert],
    ) -> Result<()> {
        let asked: HashSet<_> = group.iter().map(LakeInsert::process).collect();
        let asked: Vec<_> = asked.into_iter().collect();
        for chunk in chunks(&asked) {
            let mut query = QueryBuilder::<Sqlite>::new("WITH input (tenant, process_id) AS (");
            query.push_values(chunk, |mut values, process| {
                values.push_bind(process.tenant.as_str().to_owned()).push_bind(process.id);
            });
            query.push(
                ") SELECT f.tenant, f.process_id FROM input i JOIN forgotten_processes f \
                 ON f.tenant = i.tenant AND f.process_id = i.process_id",
            );
            for row in query.build().fetch_all(&mut *connection).await? {
                let key = RecordKey::new(decode::tenant(&row)?, row.try_get("process_id")?);
                self.processes.insert(key);
            }
        }
        Ok(())
    }

    async fn find_keys(
        &mut self,
        connection: &mut SqliteConnection,
        group: &[LakeInsert],
    ) -> Result<()> {
        let keys = group.iter().filter_map(LakeInsert::as_block);
        let keys = keys.map(|block| block.payload.key.as_str());
        let keys: Vec<_> = keys.filter(|key| block_of_key(key).is_some()).collect();
        if keys.is_empty() {
            return Ok(());
        }
        let found: Vec<String> = sqlx::query_scalar(
            "SELECT object_key FROM reclaimable_objects \
             WHERE object_key IN (SELECT value FROM json_each(?))",
        )
        .bind(json(&keys)?)
        .fetch_all(connection)
        .await?;
        self.keys.extend(found);
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.processes.is_empty() && self.keys.is_empty()
    }

    /// What becomes of a row that is not taken.
    pub(super) fn outcome(&self, row: &LakeInsert) -> Option<InsertOutcome> {
        if !self.processes.is_empty() && self.processes.contains(&row.process()) {
            return Some(InsertOutcome::Forgotten);
        }
        let block = row.as_block().filter(|_| !self.keys.is_empty())?;
        self.keys.contains(&block.payload.key).then_some(InsertOutcome::Later)
    }
}
