//! Look-ups and lists of the lake.

use std::collections::HashSet;
use std::ops::Bound;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use micromegas_transit::{LayoutHash, StreamLayout};
use uuid::Uuid;

use super::lake::{Arrival, LakeState};
use crate::error::{Error, Result};
use crate::lake::{
    BlockFilter, BlockRecord, Missing, ProcessFilter, ProcessRecord, RecordKey, StreamFilter,
    StreamRecord, WaitingBlock,
};
use crate::sequence::CommitSequence;
use crate::tenant::Tenant;

/// Whether an optional list of wanted ids admits one.
fn admits(wanted: Option<&[Uuid]>, id: Uuid) -> bool {
    wanted.is_none_or(|ids| ids.contains(&id))
}

/// The range of keys after one.
fn after(key: Option<&RecordKey>) -> (Bound<RecordKey>, Bound<RecordKey>) {
    let start = key.cloned().map_or(Bound::Unbounded, Bound::Excluded);
    (start, Bound::Unbounded)
}

impl LakeState {
    pub(super) fn list_unreferenced_objects(&self, keys: &[String]) -> Vec<String> {
        let complete = self.blocks.values().map(|block| &block.payload.key);
        let waiting = self.waiting.values().map(|arrival| &arrival.block.payload.key);
        let referenced: HashSet<&String> = complete.chain(waiting).collect();
        keys.iter().filter(|key| !referenced.contains(key)).cloned().collect()
    }

    pub(super) fn sequence_at(&self, time: DateTime<Utc>) -> CommitSequence {
        let later = self.blocks.values().find(|block| block.insert_time > time);
        later.map_or(self.last_sequence(), |block| CommitSequence::new(block.sequence.as_u64() - 1))
    }

    pub(super) fn fetch_process(&self, tenant: &Tenant, id: Uuid) -> Option<ProcessRecord> {
        self.processes.get(&RecordKey::new(tenant.clone(), id)).cloned()
    }

    pub(super) fn fetch_stream(&self, tenant: &Tenant, id: Uuid) -> Option<StreamRecord> {
        self.streams.get(&RecordKey::new(tenant.clone(), id)).cloned()
    }

    pub(super) fn fetch_layout(&self, hash: LayoutHash) -> Result<Arc<StreamLayout>> {
        self.layouts
            .get(&hash)
            .map(Arc::clone)
            .ok_or_else(|| Error::not_found(format!("stream layout {hash}")))
    }

    pub(super) fn list_processes(
        &self,
        tenants: &[Tenant],
        filter: &ProcessFilter,
        limit: usize,
    ) -> Vec<ProcessRecord> {
        self.processes
            .range(after(filter.after.as_ref()))
            .filter(|(key, _)| tenants.contains(&key.tenant))
            .filter(|(key, _)| admits(filter.process_ids.as_deref(), key.id))
            .map(|(_, process)| process.clone())
            .take(limit)
            .collect()
    }

    pub(super) fn list_streams(
        &self,
        tenants: &[Tenant],
        filter: &StreamFilter,
        limit: usize,
    ) -> Vec<StreamRecord> {
        self.streams
            .range(after(filter.after.as_ref()))
            .filter(|(key, _)| tenants.contains(&key.tenant))
            .filter(|(key, _)| admits(filter.stream_ids.as_deref(), key.id))
            .filter(|(_, stream)| admits(filter.process_ids.as_deref(), stream.process_id))
            .filter(|(_, stream)| filter.tag.as_ref().is_none_or(|tag| stream.tags.contains(tag)))
            .map(|(_, stream)| stream.clone())
            .take(limit)
            .collect()
    }

    pub(super) fn list_blocks(
        &self,
        tenants: &[Tenant],
        filter: &BlockFilter,
        limit: usize,
    ) -> Vec<BlockRecord> {
        if filter.after >= filter.up_to {
            return Vec::new();
        }
        self.blocks
            .range((Bound::Excluded(filter.after), Bound::Included(filter.up_to)))
            .map(|(_, block)| block)
            .filter(|block| tenants.contains(&block.tenant))
            .filter(|block| admits(filter.block_ids.as_deref(), block.block_id))
            .filter(|block| admits(filter.stream_ids.as_deref(), block.stream_id))
            .filter(|block| admits(filter.process_ids.as_deref(), block.process_id))
            .filter(|block| filter.tag.as_ref().is_none_or(|tag| self.has_tag(block, tag)))
            .take(limit)
            .cloned()
            .collect()
    }

    fn has_tag(&self, block: &BlockRecord, tag: &String) -> bool {
        let stream = RecordKey::new(block.tenant.clone(), block.stream_id);
        self.streams.get(&stream).is_some_and(|stream| stream.tags.contains(tag))
    }

    pub(super) fn list_waiting_blocks(
        &self,
        tenants: &[Tenant],
        key: Option<&RecordKey>,
        limit: usize,
    ) -> Vec<WaitingBlock> {
        self.waiting
            .range(after(key))
            .filter(|(key, _)| tenants.contains(&key.tenant))
            .map(|(_, arrival)| self.waiting_block(arrival))
            .take(limit)
            .collect()
    }

    fn waiting_block(&self, arrival: &Arrival) -> WaitingBlock {
        let block = &arrival.block;
        let has_process =
            self.processes.contains_key(&RecordKey::new(block.tenant.clone(), block.process_id));
        let stream = self.streams.get(&RecordKey::new(block.tenant.clone(), block.stream_id));
        let missing = match stream {
            Some(stream) if stream.process_id != block.process_id => Missing::MatchingProcess,
            Some(_) => Missing::Process,
            None if has_process => Missing::Stream,
            None => Missing::StreamAndProcess,
        };
        WaitingBlock {
            tenant: block.tenant.clone(),
            block_id: block.block_id,
            stream_id: block.stream_id,
            process_id: block.process_id,
            event_count: block.event_count,
            payload: block.payload.clone(),
            arrival_time: arrival.time,
            missing,
        }
    }
}
