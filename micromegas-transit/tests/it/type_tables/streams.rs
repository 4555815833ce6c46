//! One event of every type of every stream and version, and what becomes of it.

use micromegas_transit::{EventKind, StreamPlan, TypeLayout};

use super::layouts::{self, Version};
use super::records::{descriptor_value, event_value, record};
use crate::wire::{Bytes, Queue, dynamic, open, plan, texts};

pub(super) const NAME: u64 = 4;
pub(super) const TARGET: u64 = 2;
pub(super) const DESCRIPTOR: u64 = 100;
pub(super) const LOCATION: u64 = 200;
pub(super) const PROPERTIES: u64 = 300;

pub(super) const FORMAT: u64 = 1;
pub(super) const FILE: u64 = 3;
const KEY: u64 = 5;
pub(super) const VALUE: u64 = 6;
const STRINGS: [(u64, &str); 6] = [
    (FORMAT, "Hello {key}"),
    (TARGET, "target"),
    (FILE, "file.rs"),
    (NAME, "name"),
    (KEY, "key"),
    (VALUE, "value"),
];

pub(super) const VERSIONS: [Version; 2] = [Version::V30, Version::V33];

fn index_of(table: &[TypeLayout], name: &str) -> Option<u8> {
    table.iter().position(|layout| layout.name == name).map(|index| index as u8)
}

/// All strings, one descriptor of each type, and a property set.
pub(super) fn dependencies_of(table: &[TypeLayout]) -> Queue {
    let string = index_of(table, "StaticString").unwrap();
    let mut queue = STRINGS.iter().fold(Queue::new(), |queue, (id, text)| {
        queue.dynamic(string, Bytes::new().u64(*id).raw(text.as_bytes()))
    });
    let descriptors =
        ["LogMetadataRecord", "MetricMetadataDependency", "SpanRecord", "SpanLocationRecord"];
    for name in descriptors {
        let Some(index) = index_of(table, name) else { continue };
        let layout = &table[usize::from(index)];
        queue = queue.fixed(index, record(table, layout, |member| descriptor_value(name, member)));
    }
    match index_of(table, "PropertySetDependency") {
        Some(index) => with_properties(index, queue),
        None => queue,
    }
}

fn with_properties(index: u8, queue: Queue) -> Queue {
    let reference = |id| Bytes::new().u64(id).u32(1).u8(2).padding(3);
    let pair = reference(KEY).raw(&reference(VALUE).0);
    let set = Bytes::new().u64(PROPERTIES).u32(1).raw(&pair.0);
    queue.dynamic(index, set)
}

/// One event of each queue type that is known, at times 0, 1, 2 and so on.
pub(super) fn one_of_each(table: &[TypeLayout], plan: &StreamPlan) -> (Vec<String>, Queue) {
    let mut queue = Queue::new();
    let mut names = Vec::new();
    for (time, event) in plan.event_types().enumerate() {
        let time = time as i64;
        let layout = &table[usize::from(event.type_index)];
        let target = Bytes::new().u64(TARGET).u32(6).u8(3).padding(3);
        queue = match event.name {
            "LogStringEventV2" => {
                let payload = Bytes::new().u64(DESCRIPTOR).i64(time).utf8("formatted");
                queue.dynamic(event.type_index, payload)
            }
            "TaggedLogString" => {
                let payload = Bytes::new().u64(DESCRIPTOR).u64(PROPERTIES).i64(time);
                queue.dynamic(event.type_index, payload.utf8("formatted"))
            }
            "LogStringInteropEventV3" => {
                let payload = Bytes::new().i64(time).u8(5).raw(&target.0).utf8("formatted");
                queue.dynamic(event.type_index, payload)
            }
            "TaggedLogInteropEvent" => {
                let payload = Bytes::new().i64(time).u8(5).raw(&target.0).u64(PROPERTIES);
                queue.dynamic(event.type_index, payload.utf8("formatted"))
            }
            _ if layout.size == 0 => continue,
            _ => {
                queue.fixed(event.type_index, record(table, layout, |name| event_value(name, time)))
            }
        };
        names.push(event.name.to_owned());
    }
    (names, queue)
}

/// Whether a property set belongs to events of this type: -1 or the index of the set.
fn properties_of(name: &str) -> i32 {
    if name.starts_with("Tagged") { 0 } else { -1 }
}

#[test]
fn every_log_type_of_every_version() {
    for (version, count) in VERSIONS.into_iter().zip([5, 9]) {
        let table = layouts::log_objects(version);
        let dependencies = layouts::log_dependencies();
        let plan = plan(dependencies.clone(), table.clone());
        assert!(plan.event_types().all(|event| event.kind == EventKind::Log));
        let queue = dependencies_of(&dependencies);
        let (names, events) = one_of_each(&table, &plan);
        assert_eq!(names.len(), count);
        let block = open(&plan, &queue, &events);
        assert!(block.dependency_losses().is_empty());
        let logs = block.logs();
        assert!(logs.losses.is_empty(), "{version:?}: {:?}", logs.losses);
        let columns = logs.columns;
        assert_eq!(columns.ticks, (0..count as i64).collect::<Vec<i64>>());
        assert_eq!(texts(block.strings(), &columns.target), vec!["target"; count]);
        for (row, name) in names.iter().enumerate() {
            let message = match name.as_str() {
                "LogStaticStrEvent" | "TaggedLogStaticStrEvent" => "Hello {key}",
                "TaggedLogTemplateEvent" => "Hello value",
                "LogStaticStrInteropEvent" | "LogStaticStrInteropEventV2" => "name",
                _ => "formatted",
            };
            assert_eq!(columns.message.get(row), Some(message), "{name}");
            let level = if name.contains("Interop") { 5 } else { 4 };
            assert_eq!(columns.level[row], level, "{name}");
            assert_eq!(columns.properties[row], properties_of(name), "{name}");
        }
    }
}

#[test]
fn every_metric_type_of_every_version() {
    for version in VERSIONS {
        let table = layouts::metric_objects(version);
        let dependencies = layouts::metric_dependencies();
        let plan = plan(dependencies.clone(), table.clone());
        assert!(plan.event_types().all(|event| event.kind == EventKind::Metric));
        let queue = dependencies_of(&dependencies);
        let (names, events) = one_of_each(&table, &plan);
        assert_eq!(names.len(), 4);
        let block = open(&plan, &queue, &events);
        let metrics = block.metrics();
        assert!(metrics.losses.is_empty(), "{:?}", metrics.losses);
        let columns = metrics.columns;
        assert_eq!(columns.ticks, [0, 1, 2, 3]);
        assert_eq!(texts(block.strings(), &columns.name), ["name"; 4]);
        assert_eq!(texts(block.strings(), &columns.unit), ["value"; 4]);
        assert_eq!(texts(block.strings(), &columns.target), ["target"; 4]);
        for (row, name) in names.iter().enumerate() {
            let is_integer = name.contains("Integer");
            assert_eq!(columns.is_integer[row], is_integer);
            let bits = 2.5_f64.to_bits();
            assert_eq!(columns.value[row], if is_integer { bits as f64 } else { 2.5 });
            assert_eq!(columns.integer[row], if is_integer { bits } else { 0 });
            assert_eq!(columns.properties[row], properties_of(name), "{name}");
        }
    }
}

#[test]
fn every_span_type_of_every_version() {
    for (version, count) in VERSIONS.into_iter().zip([8, 16]) {
        let table = layouts::thread_objects(version);
        let dependencies = layouts::thread_dependencies(version);
        let plan = plan(dependencies.clone(), table.clone());
        let queue = dependencies_of(&dependencies);
        let (names, events) = one_of_each(&table, &plan);
        assert_eq!(names.len(), count);
        let block = open(&plan, &queue, &events);
        assert!(block.dependency_losses().is_empty());
        let threads = block.thread_spans();
        let asyncs = block.async_spans();
        assert!(threads.losses.is_empty() && asyncs.losses.is_empty());
        let (threads, asyncs) = (threads.columns, asyncs.columns);
        assert_eq!(threads.record.len(), count / 2);
        assert_eq!(asyncs.record.len(), count / 2);
        let (mut thread_row, mut async_row) = (0, 0);
        for (time, name) in names.iter().enumerate() {
            let is_async = name.contains("Async");
            let (row, columns) = if is_async {
                async_row += 1;
                let row = async_row - 1;
                assert_eq!((asyncs.span_id[row], asyncs.parent_span_id[row]), (77, 76), "{name}");
                assert_eq!(asyncs.depth[row], 3, "{name}");
                (row, (&asyncs.ticks, &asyncs.is_begin, &asyncs.scope, &asyncs.scopes))
            } else {
                thread_row += 1;
                (
                    thread_row - 1,
                    (&threads.ticks, &threads.is_begin, &threads.scope, &threads.scopes),
                )
            };
            let (ticks, is_begin, scope, scopes) = columns;
            assert_eq!(ticks[row], time as i64, "{name}");
            assert_eq!(is_begin[row], name.starts_with("Begin"), "{name}");
            let scope = scopes[scope[row] as usize];
            assert_eq!(
                texts(block.strings(), &[scope.name, scope.target, scope.file]),
                ["name", "target", "file.rs"],
                "{name}"
            );
            assert_eq!(scope.line, 10, "{name}");
            let properties = if is_async { &asyncs.properties } else { &threads.properties };
            assert_eq!(properties.get(row).copied().unwrap_or(-1), properties_of(name), "{name}");
        }
    }
}

#[test]
fn async_spans_of_clients_before_parents_and_depths() {
    let dependencies = layouts::thread_dependencies(Version::V30);
    for missing in [&["parent_span_id"][..], &["depth"], &["parent_span_id", "depth"]] {
        let mut table = layouts::thread_objects(Version::V30);
        for layout in &mut table {
            layout.members.retain(|member| !missing.contains(&member.name.as_str()));
        }
        let plan = plan(dependencies.clone(), table.clone());
        let queue = dependencies_of(&dependencies);
        let (_, events) = one_of_each(&table, &plan);
        let asyncs = open(&plan, &queue, &events).async_spans();
        assert!(asyncs.losses.is_empty());
        let parent = if missing.contains(&"parent_span_id") { 0 } else { 76 };
        let depth = if missing.contains(&"depth") { 0 } else { 3 };
        assert_eq!(asyncs.columns.parent_span_id, [parent; 4]);
        assert_eq!(asyncs.columns.depth, [depth; 4]);
    }
}

#[test]
fn any_order_of_the_types_gives_the_same_rows() {
    let dependencies = layouts::log_dependencies();
    let queue = dependencies_of(&dependencies);
    let table = layouts::log_objects(Version::V33);
    let first_secondary = table.len() - 3;
    for rotation in 0..first_secondary {
        let mut table = table.clone();
        table[..first_secondary].rotate_left(rotation);
        // Types of a client's own may stand between the others.
        table.insert(rotation, dynamic("Between"));
        let plan = plan(dependencies.clone(), table.clone());
        let (names, events) = one_of_each(&table, &plan);
        let logs = open(&plan, &queue, &events).logs();
        assert!(logs.losses.is_empty(), "{rotation}: {:?}", logs.losses);
        assert_eq!((logs.columns.record.len(), names.len()), (9, 9));
    }
}
