//! Documents whose contents follow from their ids, so that nobody has to remember them.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use micromegas_transit::types::log_stream_layout;
use micromegas_transit::{Block, Payload, ProcessInfo, StreamInfo};
use uuid::Uuid;

/// What a block belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parents {
    pub(super) process_id: Uuid,
    pub(super) stream_id: Uuid,
}

pub(super) fn process(process_id: Uuid) -> ProcessInfo {
    ProcessInfo {
        process_id,
        exe: format!("/usr/bin/{process_id}"),
        username: "ada".into(),
        realname: "Ada".into(),
        computer: "engine".into(),
        distro: "Debian".into(),
        cpu_brand: "brass".into(),
        tsc_frequency: 1_000_000_000,
        start_time: start_time(),
        start_ticks: 1_000,
        parent_process_id: None,
        properties: BTreeMap::from([("id".to_owned(), process_id.to_string())]),
    }
}

pub(super) fn stream(Parents { process_id, stream_id }: Parents) -> StreamInfo {
    StreamInfo {
        process_id,
        stream_id,
        layout: log_stream_layout(),
        tags: vec!["log".into(), stream_id.to_string()],
        properties: BTreeMap::new(),
    }
}

pub(super) fn block(block_id: Uuid, Parents { process_id, stream_id }: Parents) -> Block {
    let mut random = fastrand::Rng::with_seed(block_id.as_u64_pair().0);
    let begin_ticks = random.i64(0..1_000_000_000_000);
    let end_ticks = begin_ticks + random.i64(0..1_000_000_000);
    Block {
        block_id,
        stream_id,
        process_id,
        begin_time: start_time() + TimeDelta::nanoseconds(begin_ticks),
        begin_ticks,
        end_time: start_time() + TimeDelta::nanoseconds(end_ticks),
        end_ticks,
        payload: payload(block_id).to_raw(),
        object_offset: random.i64(0..1_000_000),
        event_count: random.i32(0..100_000),
        event_ticks: None,
        skipped_events: 0,
    }
}

/// Mostly small; one in a hundred is so large that it comes in several pieces.
pub(super) fn payload(block_id: Uuid) -> Payload {
    let mut random = fastrand::Rng::with_seed(block_id.as_u64_pair().1);
    let length = if random.u8(..) < 3 { random.usize(..300_000) } else { random.usize(..3_000) };
    let mut objects = vec![0; length];
    random.fill(&mut objects);
    let mut dependencies = vec![0; random.usize(..100)];
    random.fill(&mut dependencies);
    Payload { dependencies: Bytes::from(dependencies), objects: Bytes::from(objects) }
}

fn start_time() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}
