//! Memory and work stay within the limits.

use micromegas_transit::types::{self, log};
use micromegas_transit::{Error, Limits, LossReason, StreamPlan};

use crate::wire::{Bytes, Queue, payload};

fn dependencies(text: &str) -> Queue {
    Queue::new()
        .dynamic(log::STATIC_STRING, Bytes::new().u64(1).utf8(text))
        .fixed(log::LOG_METADATA, Bytes::new().u64(2).u64(1).u64(1).u64(1).u32(1).u32(4))
}

fn events(count: i64) -> Queue {
    (0..count).fold(Queue::new(), |queue, time| queue.fixed(0, Bytes::new().u64(2).i64(time)))
}

fn plan() -> StreamPlan {
    StreamPlan::compile(&types::log_stream_layout(), &Limits::default()).unwrap()
}

#[test]
fn decompressed_size_is_limited() {
    let limits = Limits { decompressed_bytes: 170, ..Limits::default() };
    let plan = plan();
    let fits = payload(&dependencies("x"), &events(10));
    assert_eq!(plan.open(&fits, &limits).unwrap().logs().columns.ticks.len(), 10);
    let larger = payload(&dependencies("x"), &events(11));
    assert!(matches!(plan.open(&larger, &limits), Err(Error::LimitExceeded { .. })));
}

#[test]
fn the_number_of_records_is_limited() {
    let limits = Limits { record_count: 5, ..Limits::default() };
    let plan = plan();
    let payload = payload(&dependencies("x"), &events(10));
    let logs = plan.open(&payload, &limits).unwrap().logs();
    assert_eq!(logs.columns.ticks.len(), 5);
    assert_eq!(logs.losses.count(LossReason::RecordLimitExceeded), 1);

    let thread = StreamPlan::compile(&types::thread_stream_layout(), &Limits::default()).unwrap();
    let strings = Queue::new()
        .dynamic(0, Bytes::new().u64(1).utf8("x"))
        .fixed(1, Bytes::new().u64(2).u64(1).u64(1).u64(1).u32(1).u32(2));
    let payload = crate::wire::payload(&strings, &events(10));
    let spans = thread.open(&payload, &limits).unwrap().thread_spans();
    assert_eq!(spans.columns.ticks.len(), 5);
    assert_eq!(spans.losses.count(LossReason::RecordLimitExceeded), 1);
}

#[test]
fn a_long_text_repeated_often_does_not_fill_memory() {
    let limits = Limits { text_bytes: 10_000, ..Limits::default() };
    let plan = plan();
    let payload = payload(&dependencies(&"x".repeat(3000)), &events(100));
    let logs = plan.open(&payload, &limits).unwrap().logs();
    assert_eq!(logs.columns.message.len(), 3);
    assert_eq!(logs.columns.message.bytes.len(), 9000);
    assert_eq!(logs.columns.ticks, [0, 1, 2]);
    assert_eq!(logs.losses.count(LossReason::TextLimitExceeded), 97);
}

#[test]
fn long_strings_are_lost() {
    let limits = Limits { string_bytes: 10, ..Limits::default() };
    let plan = plan();
    let payload = payload(&dependencies("eleven long"), &events(1));
    let block = plan.open(&payload, &limits).unwrap();
    assert_eq!(block.dependency_losses().count(LossReason::TextLimitExceeded), 1);
    assert_eq!(block.logs().losses.count(LossReason::MissingDependency), 1);
}

#[test]
fn properties_are_limited() {
    let limits = Limits { property_count: 3, ..Limits::default() };
    let plan = plan();
    let set = |id| Bytes::new().u64(id).u32(2).u64(1).u64(1).u64(1).u64(1);
    let dependencies =
        dependencies("x").dynamic(log::PROPERTY_SET, set(10)).dynamic(log::PROPERTY_SET, set(11));
    let payload = payload(&dependencies, &Queue::new());
    let block = plan.open(&payload, &limits).unwrap();
    assert_eq!(block.property_sets().len(), 1);
    assert_eq!(block.dependency_losses().count(LossReason::PropertyLimitExceeded), 1);
}

#[test]
fn the_number_of_types_is_limited() {
    let limits = Limits { type_count: 1, ..Limits::default() };
    let error = StreamPlan::compile(&types::log_stream_layout(), &limits).unwrap_err();
    assert!(matches!(error, Error::LimitExceeded { limit: 1, .. }));
}
