//! Quarantine.

use chrono::Utc;

use super::store::State;
use crate::error::{Error, Result};
use crate::lake::RecordKey;
use crate::ledger::{QuarantineFilter, QuarantineKey, QuarantinedBlock};
use crate::tenant::Tenant;

impl State {
    pub(super) fn quarantine_block(&mut self, key: &QuarantineKey, reason: &str) -> Result<()> {
        let block_key = RecordKey::new(key.tenant.clone(), key.block_id);
        let position = self.lake.positions.get(&block_key);
        let Some(block) = position.and_then(|number| self.lake.blocks.get(number)) else {
            return Err(Error::not_found(format!("block {}", key.block_id)));
        };
        self.quarantine.entry(key.clone()).or_insert_with(|| QuarantinedBlock {
            key: key.clone(),
            stream_id: block.stream_id,
            process_id: block.process_id,
            sequence: block.sequence,
            reason: reason.to_owned(),
            time: Utc::now(),
        });
        Ok(())
    }

    pub(super) fn list_quarantined_blocks(
        &self,
        tenants: &[Tenant],
        filter: &QuarantineFilter,
        limit: usize,
    ) -> Vec<QuarantinedBlock> {
        self.quarantine
            .iter()
            .filter(|(key, _)| tenants.contains(&key.tenant))
            .filter(|(key, _)| filter.view.as_ref().is_none_or(|view| *view == key.view))
            .filter(|(key, _)| filter.after.as_ref().is_none_or(|after| *key > after))
            .map(|(_, block)| block.clone())
            .take(limit)
            .collect()
    }
}
