//! Documents to insert, by small numbers.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::DateTime;
use micromegas_lakehouse::{BlockFilter, BlockRecord, Lakehouse, Tenant};
use micromegas_transit::{
    Block, MemberLayout, Payload, ProcessInfo, StreamInfo, StreamLayout, TypeLayout,
};
use uuid::Uuid;

pub(crate) fn process(number: u128) -> ProcessInfo {
    ProcessInfo {
        process_id: Uuid::from_u128(number),
        exe: "exe".to_owned(),
        username: "user".to_owned(),
        realname: "user".to_owned(),
        computer: "computer".to_owned(),
        distro: "distro".to_owned(),
        cpu_brand: "cpu".to_owned(),
        tsc_frequency: 1_000_000_000,
        start_time: DateTime::from_timestamp_nanos(1_700_000_000_000_000_000),
        start_ticks: 0,
        parent_process_id: None,
        properties: BTreeMap::new(),
    }
}

pub(crate) fn layout() -> StreamLayout {
    let time = MemberLayout {
        name: "time".to_owned(),
        type_name: "i64".to_owned(),
        offset: 0,
        size: 8,
        is_reference: false,
    };
    let event =
        TypeLayout { name: "Event".to_owned(), size: 8, members: vec![time], is_reference: false };
    StreamLayout { dependencies: Vec::new(), objects: vec![event] }
}

pub(crate) fn stream(number: u128, process: u128) -> StreamInfo {
    StreamInfo {
        process_id: Uuid::from_u128(process),
        stream_id: Uuid::from_u128(number),
        layout: StreamLayout::default(),
        tags: vec!["log".to_owned()],
        properties: BTreeMap::new(),
    }
}

pub(crate) fn payload(number: u128) -> Payload {
    Payload { dependencies: Bytes::new(), objects: Bytes::from(format!("objects of {number}")) }
}

pub(crate) fn block(number: u128, stream: u128, process: u128) -> Block {
    Block {
        block_id: Uuid::from_u128(number),
        stream_id: Uuid::from_u128(stream),
        process_id: Uuid::from_u128(process),
        begin_time: DateTime::from_timestamp_nanos(1_700_000_000_000_000_000),
        begin_ticks: 0,
        end_time: DateTime::from_timestamp_nanos(1_700_000_001_000_000_000),
        end_ticks: 1_000_000_000,
        payload: payload(number).to_raw(),
        object_offset: 0,
        event_count: 1,
        event_ticks: None,
        skipped_events: 0,
    }
}

/// All complete blocks of the default tenant.
pub(crate) async fn blocks(lakehouse: &Lakehouse) -> Vec<BlockRecord> {
    let filter = BlockFilter::default();
    lakehouse.store().list_blocks(&[Tenant::default()], &filter, usize::MAX).await.unwrap()
}
