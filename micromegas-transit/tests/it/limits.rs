//! Memory and work stay within the limits.

use micromegas_transit::types::{self, log};
use micromegas_transit::{Error, Limits, LossReason, StreamLayout, StreamPlan, TypeLayout};

use crate::wire::{Bytes, Queue, fixed, payload};

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

/// Types `T0` to `T(n-1)`, each made of the next one.
fn chain(length: u32) -> Vec<TypeLayout> {
    let link = |i: u32| fixed(&format!("T{i}"), 8, &[("m", &format!("T{}", i + 1), 0, 8)]);
    (0..length).map(link).collect()
}

fn check(objects: Vec<TypeLayout>, limits: &Limits) -> Result<(), Error> {
    let layout = StreamLayout { dependencies: Vec::new(), objects };
    let swapped =
        StreamLayout { dependencies: layout.objects.clone(), objects: layout.dependencies.clone() };
    let checked = layout.check(limits);
    assert_eq!(swapped.check(limits), checked);
    assert_eq!(StreamPlan::compile(&layout, limits).map(drop), checked);
    checked
}

#[test]
fn nesting_is_limited() {
    for depth in [1, 3, 8, 100] {
        let limits = Limits { type_depth: depth, ..Limits::default() };
        assert_eq!(check(chain(depth), &limits), Ok(()));
        let error = check(chain(depth + 1), &limits).unwrap_err();
        assert!(matches!(error, Error::InvalidLayout { .. }), "{error}");
        let mut reversed = chain(depth + 1);
        reversed.reverse();
        assert!(check(reversed, &limits).is_err());
    }
}

#[test]
fn the_number_of_members_is_limited() {
    let wide = |count: u32| {
        let members: Vec<_> = (0..count).map(|i| ("m", "u8", i, 1)).collect();
        fixed("Wide", count, &members)
    };
    let limits = Limits { members_per_record: 10, ..Limits::default() };
    assert_eq!(check(vec![wide(10)], &limits), Ok(()));
    let error = check(vec![wide(11)], &limits).unwrap_err();
    assert_eq!(error.to_string(), "invalid layout of type `Wide`: it has too many members");
    // Members of nested types count each time.
    let outer = |count: u32| {
        let members: Vec<_> = (0..count).map(|_| ("m", "Wide", 0, 4)).collect();
        fixed("Outer", 4, &members)
    };
    assert_eq!(check(vec![outer(2), wide(4)], &limits), Ok(()));
    assert!(check(vec![outer(3), wide(4)], &limits).is_err());
    assert!(check(vec![wide(4), outer(3)], &limits).is_err());
}

#[test]
fn names_are_limited() {
    let limits = Limits { name_bytes: 10, ..Limits::default() };
    assert_eq!(
        check(vec![fixed("exactly 10", 8, &[("exactly 10", "other type", 0, 8)])], &limits),
        Ok(())
    );
    for (name, member, type_name) in
        [("eleven long", "m", "u64"), ("T", "eleven long", "u64"), ("T", "m", "eleven long")]
    {
        assert!(check(vec![fixed(name, 8, &[(member, type_name, 0, 8)])], &limits).is_err());
    }
    // What is refused is not repeated at length.
    let name = "x".repeat(1 << 20);
    let error = check(vec![fixed(&name, 8, &[])], &Limits::default()).unwrap_err();
    assert!(error.to_string().len() < 100);
}

#[test]
fn types_that_contain_each_other_are_refused_at_once() {
    // Every type contains all others, so the number of paths is astronomic.
    let names: Vec<String> = (0..100).map(|i| format!("T{i}")).collect();
    let members: Vec<_> = names.iter().map(|name| ("m", name.as_str(), 0, 8)).collect();
    let types: Vec<_> = names.iter().map(|name| fixed(name, 8, &members)).collect();
    let limits = Limits { type_depth: 50, members_per_record: u32::MAX, ..Limits::default() };
    let error = check(types, &limits).unwrap_err();
    assert!(matches!(error, Error::InvalidLayout { .. }), "{error}");
    // A reference ends the chain: a list may refer to its own type.
    assert_eq!(check(vec![fixed("Node", 8, &[("next", "& Node", 0, 8)])], &limits), Ok(()));
}

#[test]
fn all_texts_together_are_limited() {
    let limits = Limits { text_bytes: 100, ..Limits::default() };
    let strings = (0..10).fold(Queue::new(), |queue, id| {
        queue.dynamic(log::STATIC_STRING, Bytes::new().u64(id).utf8(&format!("{id}").repeat(15)))
    });
    let plan = plan();
    let payload = payload(&strings, &Queue::new());
    let block = plan.open(&payload, &limits).unwrap();
    assert_eq!(block.strings().bytes.len(), 90);
    assert_eq!(block.dependency_losses().count(LossReason::TextLimitExceeded), 4);
}

#[test]
fn the_number_of_dependencies_is_limited() {
    let limits = Limits { record_count: 1, ..Limits::default() };
    let plan = plan();
    let payload = payload(&dependencies("x"), &Queue::new());
    let block = plan.open(&payload, &limits).unwrap();
    assert_eq!(block.strings().len(), 2);
    assert_eq!(block.dependency_losses().count(LossReason::RecordLimitExceeded), 1);
    assert!(block.dependency_losses().buffer_ended_early());
}
