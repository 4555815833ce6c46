//! What leaves the lake.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use chrono::{DateTime, SubsecRound, Utc};
use uuid::Uuid;

use super::MemoryStore;
use super::store::State;
use crate::audit::NewAuditRecord;
use crate::error::Result;
use crate::keys::require_actor;
use crate::lake::{RecordKey, block_of_key, require_recent_keys};
use crate::removal::{
    Forgetting, PayloadMove, PayloadReference, ReclaimableObject, RemovalStore, RemovedProcesses,
};
use crate::sequence::CommitSequence;
use crate::tenant::Tenant;

/// Forgotten processes and reclaimable objects.
#[derive(Debug, Default)]
pub(super) struct RemovalState {
    pub(super) forgotten: BTreeSet<RecordKey>,
    objects: BTreeMap<String, ReclaimableObject>,
}

impl RemovalState {
    /// Makes objects reclaimable from now on.
    pub(super) fn add(&mut self, keys: impl IntoIterator<Item = String>) {
        let since = Utc::now().trunc_subsecs(6);
        for key in keys {
            let object = ReclaimableObject { key: key.clone(), since, deleted_time: None };
            self.objects.insert(key, object);
        }
    }

    pub(super) fn contains(&self, key: &str) -> bool {
        self.objects.contains_key(key)
    }
}

impl State {
    /// Removes complete blocks by their numbers, and tells where their payloads are.
    fn remove_blocks(&mut self, tenant: &Tenant, numbers: &[CommitSequence]) -> Vec<String> {
        let mut keys = Vec::new();
        for number in numbers {
            let of_tenant = self.lake.blocks.get(number).filter(|block| block.tenant == *tenant);
            let Some(block) = of_tenant.cloned() else { continue };
            self.lake.blocks.remove(number);
            self.lake.positions.remove(&RecordKey::new(tenant.clone(), block.block_id));
            self.quarantine.retain(|_, found| found.sequence != *number);
            keys.push(block.payload.key);
        }
        keys
    }

    /// Makes those objects reclaimable that no row refers to.
    fn reclaim_unreferenced(&mut self, mut keys: Vec<String>) {
        keys.sort_unstable();
        keys.dedup();
        let keys = self.lake.list_unreferenced_objects(&keys);
        self.removal.add(keys);
    }

    fn has_blocks(&self, process: &RecordKey) -> bool {
        let mut complete = self.lake.blocks.values();
        let mut waiting = self.lake.waiting.values();
        complete.any(|block| block.tenant == process.tenant && block.process_id == process.id)
            || waiting.any(|arrival| {
                arrival.block.tenant == process.tenant && arrival.block.process_id == process.id
            })
    }

    /// Removes a process and its streams.
    fn remove_process(&mut self, process: &RecordKey) -> RemovedProcesses {
        let stream_count = self.lake.streams.len();
        self.lake
            .streams
            .retain(|key, stream| key.tenant != process.tenant || stream.process_id != process.id);
        RemovedProcesses {
            processes: u64::from(self.lake.processes.remove(process).is_some()),
            streams: (stream_count - self.lake.streams.len()) as u64,
        }
    }

    fn forget(&mut self, process: &RecordKey, block_count_max: usize) -> Forgetting {
        let is_of = |tenant: &Tenant, id| *tenant == process.tenant && id == process.id;
        let numbers: Vec<_> = self
            .lake
            .blocks
            .values()
            .filter(|block| is_of(&block.tenant, block.process_id))
            .map(|block| block.sequence)
            .take(block_count_max)
            .collect();
        let keys = self.remove_blocks(&process.tenant, &numbers);
        self.removal.add(keys);
        let mut done = Forgetting { blocks: numbers.len() as u64, ..Forgetting::default() };
        if numbers.len() == block_count_max {
            return done;
        }
        let waiting: Vec<_> = self
            .lake
            .waiting
            .iter()
            .filter(|(_, arrival)| is_of(&arrival.block.tenant, arrival.block.process_id))
            .map(|(key, arrival)| (key.clone(), arrival.block.payload.key.clone()))
            .collect();
        done.waiting_blocks = waiting.len() as u64;
        for (key, object) in waiting {
            self.lake.waiting.remove(&key);
            self.removal.add([object]);
        }
        let removed = self.remove_process(process);
        Forgetting {
            processes: removed.processes,
            streams: removed.streams,
            is_complete: true,
            ..done
        }
    }

    fn move_payload(&mut self, payload: &PayloadMove) -> bool {
        let from = &payload.from;
        let key = RecordKey::new(from.tenant.clone(), from.block_id);
        let complete = self.lake.positions.get(&key).copied();
        let complete = complete.and_then(|number| self.lake.blocks.get_mut(&number));
        let place = match complete {
            Some(block) => Some(&mut block.payload),
            None => self.lake.waiting.get_mut(&key).map(|arrival| &mut arrival.block.payload),
        };
        let Some(place) = place.filter(|place| **place == from.location) else { return false };
        *place = payload.to.clone();
        true
    }
}

#[async_trait]
impl RemovalStore for MemoryStore {
    async fn list_tenants(&self) -> Result<Vec<Tenant>> {
        let lake = &self.state().lake;
        let keys = lake.processes.keys().chain(lake.waiting.keys());
        let tenants: BTreeSet<_> = keys.map(|key| key.tenant.clone()).collect();
        Ok(tenants.into_iter().collect())
    }

    async fn remove_blocks(&self, tenant: &Tenant, blocks: &[CommitSequence]) -> Result<u64> {
        let state = &mut *self.state();
        let keys = state.remove_blocks(tenant, blocks);
        let count = keys.len() as u64;
        state.reclaim_unreferenced(keys);
        Ok(count)
    }

    async fn remove_waiting_blocks(&self, tenant: &Tenant, blocks: &[Uuid]) -> Result<u64> {
        let state = &mut *self.state();
        let keys = blocks.iter().map(|id| RecordKey::new(tenant.clone(), *id));
        let removed = keys.filter_map(|key| state.lake.waiting.remove(&key));
        let keys: Vec<_> = removed.map(|arrival| arrival.block.payload.key).collect();
        let count = keys.len() as u64;
        state.reclaim_unreferenced(keys);
        Ok(count)
    }

    async fn remove_idle_processes(
        &self,
        tenant: &Tenant,
        processes: &[Uuid],
        idle_since: DateTime<Utc>,
    ) -> Result<RemovedProcesses> {
        let state = &mut *self.state();
        let mut removed = RemovedProcesses::default();
        for id in processes {
            let key = RecordKey::new(tenant.clone(), *id);
            let is_idle = state.lake.processes.get(&key).is_some_and(|process| {
                process.last_update_time.unwrap_or(process.insert_time) < idle_since
            });
            if is_idle && !state.has_blocks(&key) {
                let more = state.remove_process(&key);
                removed.processes += more.processes;
                removed.streams += more.streams;
            }
        }
        Ok(removed)
    }

    async fn forget_process(
        &self,
        process: &RecordKey,
        actor: &str,
        block_count_max: usize,
    ) -> Result<Forgetting> {
        require_actor(actor)?;
        let state = &mut *self.state();
        if state.removal.forgotten.insert(process.clone()) {
            state.access.append([NewAuditRecord::process_forgotten(process, actor)]);
        }
        Ok(state.forget(process, block_count_max.max(1)))
    }

    async fn allow_process(&self, process: &RecordKey, actor: &str) -> Result<bool> {
        require_actor(actor)?;
        let state = &mut *self.state();
        let was_forgotten = state.removal.forgotten.remove(process);
        if was_forgotten {
            state.access.append([NewAuditRecord::process_allowed(process, actor)]);
        }
        Ok(was_forgotten)
    }

    async fn list_reclaimable_objects(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<ReclaimableObject>> {
        let state = self.state();
        let objects = state.removal.objects.values();
        let objects = objects.filter(|object| after.is_none_or(|after| *object.key > *after));
        Ok(objects.take(limit).cloned().collect())
    }

    async fn list_payloads(&self, key: &str) -> Result<Vec<PayloadReference>> {
        let lake = &self.state().lake;
        let complete = lake.blocks.values().map(|b| (&b.tenant, b.block_id, &b.payload));
        let waiting = lake.waiting.values().map(|arrival| &arrival.block);
        let waiting = waiting.map(|b| (&b.tenant, b.block_id, &b.payload));
        let found = complete.chain(waiting).filter(|(_, _, location)| location.key == key);
        Ok(found
            .map(|(tenant, block_id, location)| PayloadReference {
                tenant: tenant.clone(),
                block_id,
                location: location.clone(),
            })
            .collect())
    }

    async fn move_payloads(&self, moves: &[PayloadMove]) -> Result<()> {
        let state = &mut *self.state();
        let now = Utc::now().max(state.lake.last_insert_time());
        require_recent_keys(moves.iter().map(|payload| payload.to.key.as_str()), now)?;
        for payload in moves {
            let unused =
                if state.move_payload(payload) { &payload.from.location } else { &payload.to };
            state.removal.add([unused.key.clone()]);
        }
        Ok(())
    }

    async fn note_deleted_object(&self, key: &str) -> Result<()> {
        if let Some(object) = self.state().removal.objects.get_mut(key) {
            object.deleted_time = Some(Utc::now().trunc_subsecs(6));
        }
        Ok(())
    }

    async fn finish_reclaimable_object(&self, key: &str) -> Result<()> {
        self.state().removal.objects.remove(key);
        Ok(())
    }
}

/// Whether a payload would lie in an object of its own that is about to be deleted.
pub(super) fn must_wait(removal: &RemovalState, key: &str) -> bool {
    block_of_key(key).is_some() && removal.contains(key)
}
