//! Insertion and numbering.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use micromegas_transit::{LayoutHash, StreamLayout};

use super::removal::{RemovalState, must_wait};
use crate::error::Result;
use crate::lake::{
    BlockRecord, InsertOutcome, LakeInsert, NewBlock, NewProcess, NewStream, ProcessRecord,
    RecordKey, StreamRecord, mixed_segments, require_recent,
};
use crate::sequence::CommitSequence;
use crate::time::next_insert_time;

/// Processes, streams, blocks and the counters.
#[derive(Debug, Default)]
pub(super) struct LakeState {
    pub(super) processes: BTreeMap<RecordKey, ProcessRecord>,
    pub(super) streams: BTreeMap<RecordKey, StreamRecord>,
    pub(super) layouts: HashMap<LayoutHash, Arc<StreamLayout>>,
    /// Complete blocks by their numbers.
    pub(super) blocks: BTreeMap<CommitSequence, BlockRecord>,
    /// The number of each complete block.
    pub(super) positions: HashMap<RecordKey, CommitSequence>,
    pub(super) waiting: BTreeMap<RecordKey, Arrival>,
    arrival_count: u64,
    last_sequence: CommitSequence,
    last_insert_time: Option<DateTime<Utc>>,
}

/// A block that waits.
#[derive(Debug)]
pub(super) struct Arrival {
    order: u64,
    pub(super) time: DateTime<Utc>,
    pub(super) block: NewBlock,
}

impl LakeState {
    pub(super) fn insert(
        &mut self,
        group: Vec<LakeInsert>,
        removal: &mut RemovalState,
    ) -> Result<Vec<InsertOutcome>> {
        for row in &group {
            row.validate()?;
        }
        let time = next_insert_time(Utc::now(), self.last_insert_time);
        require_recent(group.iter().filter_map(LakeInsert::as_block), time)?;
        let mut outcomes = vec![InsertOutcome::Duplicate; group.len()];
        let (mut processes, mut streams, mut blocks) = (Vec::new(), Vec::new(), Vec::new());
        for (index, row) in group.iter().enumerate() {
            if removal.forgotten.contains(&row.process()) {
                outcomes[index] = InsertOutcome::Forgotten;
                continue;
            }
            match row.clone() {
                LakeInsert::Process(process) => processes.push((index, process)),
                LakeInsert::Stream(stream) => streams.push((index, stream)),
                LakeInsert::Block(block) => blocks.push((index, block)),
            }
        }
        for (index, process) in processes {
            outcomes[index] = self.insert_process(process, time);
        }
        for (index, stream) in streams {
            outcomes[index] = self.insert_stream(stream, time);
        }
        self.number_waiting_blocks(time);
        for (index, block) in blocks {
            outcomes[index] = self.insert_block(block, time, removal);
        }
        if outcomes.iter().any(InsertOutcome::is_stored) {
            removal.add(mixed_segments(&group, &outcomes));
            self.last_insert_time = Some(time);
        }
        Ok(outcomes)
    }

    fn insert_process(&mut self, process: NewProcess, time: DateTime<Utc>) -> InsertOutcome {
        let key = RecordKey::new(process.tenant.clone(), process.info.process_id);
        if self.processes.contains_key(&key) {
            return InsertOutcome::Duplicate;
        }
        let record = ProcessRecord {
            tenant: process.tenant,
            info: process.info,
            insert_time: time,
            last_update_time: None,
            last_block_end_ticks: None,
            last_block_end_time: None,
        };
        self.processes.insert(key, record);
        InsertOutcome::Stored
    }

    fn insert_stream(&mut self, stream: NewStream, time: DateTime<Utc>) -> InsertOutcome {
        let key = RecordKey::new(stream.tenant.clone(), stream.stream_id);
        if self.streams.contains_key(&key) {
            return InsertOutcome::Duplicate;
        }
        self.layouts.entry(stream.layout_hash).or_insert(stream.layout);
        let record = StreamRecord {
            tenant: stream.tenant,
            stream_id: stream.stream_id,
            process_id: stream.process_id,
            layout: stream.layout_hash,
            tags: stream.tags,
            properties: stream.properties,
            format: stream.format,
            insert_time: time,
            last_update_time: None,
        };
        self.streams.insert(key, record);
        InsertOutcome::Stored
    }

    fn insert_block(
        &mut self,
        block: NewBlock,
        time: DateTime<Utc>,
        removal: &RemovalState,
    ) -> InsertOutcome {
        let key = RecordKey::new(block.tenant.clone(), block.block_id);
        if self.positions.contains_key(&key) || self.waiting.contains_key(&key) {
            return InsertOutcome::Duplicate;
        }
        if must_wait(removal, &block.payload.key) {
            return InsertOutcome::Later;
        }
        if self.is_complete(&block) {
            return InsertOutcome::Numbered(self.number(block, time));
        }
        self.arrival_count += 1;
        let order = self.arrival_count;
        self.waiting.insert(key, Arrival { order, time, block });
        InsertOutcome::Waiting
    }

    fn is_complete(&self, block: &NewBlock) -> bool {
        let stream = RecordKey::new(block.tenant.clone(), block.stream_id);
        let process = RecordKey::new(block.tenant.clone(), block.process_id);
        self.streams.get(&stream).is_some_and(|stream| stream.process_id == block.process_id)
            && self.processes.contains_key(&process)
    }

    fn number_waiting_blocks(&mut self, time: DateTime<Utc>) {
        let mut complete: Vec<(u64, RecordKey)> = self
            .waiting
            .iter()
            .filter(|(_, arrival)| self.is_complete(&arrival.block))
            .map(|(key, arrival)| (arrival.order, key.clone()))
            .collect();
        complete.sort_unstable_by_key(|(order, _)| *order);
        for (_, key) in complete {
            if let Some(arrival) = self.waiting.remove(&key) {
                self.number(arrival.block, time);
            }
        }
    }

    fn number(&mut self, block: NewBlock, time: DateTime<Utc>) -> CommitSequence {
        let sequence = self.last_sequence().next();
        let process = RecordKey::new(block.tenant.clone(), block.process_id);
        if let Some(process) = self.processes.get_mut(&process) {
            process.last_update_time = Some(time);
            process.last_block_end_ticks = process.last_block_end_ticks.max(Some(block.end_ticks));
            process.last_block_end_time = process.last_block_end_time.max(Some(block.end_time));
        }
        let stream = RecordKey::new(block.tenant.clone(), block.stream_id);
        if let Some(stream) = self.streams.get_mut(&stream) {
            stream.last_update_time = Some(time);
        }
        let key = RecordKey::new(block.tenant.clone(), block.block_id);
        self.positions.insert(key, sequence);
        self.blocks.insert(sequence, block_record(block, sequence, time));
        self.last_sequence = sequence;
        sequence
    }

    pub(super) fn last_sequence(&self) -> CommitSequence {
        self.last_sequence
    }

    pub(super) fn last_insert_time(&self) -> DateTime<Utc> {
        self.last_insert_time.unwrap_or(DateTime::UNIX_EPOCH)
    }
}

fn block_record(block: NewBlock, sequence: CommitSequence, time: DateTime<Utc>) -> BlockRecord {
    BlockRecord {
        tenant: block.tenant,
        block_id: block.block_id,
        stream_id: block.stream_id,
        process_id: block.process_id,
        begin_time: block.begin_time,
        begin_ticks: block.begin_ticks,
        end_time: block.end_time,
        end_ticks: block.end_ticks,
        object_offset: block.object_offset,
        event_count: block.event_count,
        payload: block.payload,
        event_ticks: block.event_ticks,
        skipped_events: block.skipped_events,
        sequence,
        insert_time: time,
    }
}
