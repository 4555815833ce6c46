//! Properties that take the place of an event's own columns, and those that do not.

use super::values::{property_set, static_string_ref, string};
use crate::wire::{Bytes, Queue, dynamic, fixed, open, plan, reference, texts};

const STRINGS: [(u64, &str); 14] = [
    (1, "own target"),
    (2, "message {target}"),
    (3, "target"),
    (4, "level"),
    (5, "name"),
    (6, "unit"),
    (7, "Target"),
    (8, "LEVEL"),
    (9, "other target"),
    (10, "error"),
    (11, "nonsense"),
    (12, "other name"),
    (13, "other unit"),
    (14, "own name"),
];

/// Sets that override everything, nothing because of their spelling, and nothing because of their
/// values.
const ALL: u64 = 100;
const SPELLING: u64 = 101;
const NONSENSE: u64 = 102;

fn dependencies(descriptor_index: u8, descriptor: Bytes) -> Queue {
    let queue =
        STRINGS.iter().fold(Queue::new(), |queue, (id, text)| queue.dynamic(0, string(*id, text)));
    queue
        .dynamic(1, property_set(ALL, &[(6, 13), (5, 12), (4, 10), (3, 9)]))
        .dynamic(1, property_set(SPELLING, &[(7, 9), (8, 10)]))
        .dynamic(1, property_set(NONSENSE, &[(4, 11)]))
        .fixed(descriptor_index, descriptor)
}

fn dependency_types() -> Vec<micromegas_transit::TypeLayout> {
    vec![
        dynamic("StaticString"),
        dynamic("PropertySetDependency"),
        fixed(
            "LogMetadataRecord",
            28,
            &[
                ("id", "u64", 0, 8),
                ("fmt_str", "& str", 8, 8),
                ("target", "& str", 16, 8),
                ("level", "u32", 24, 4),
            ],
        ),
        fixed(
            "MetricMetadataDependency",
            32,
            &[
                ("id", "u64", 0, 8),
                ("name", "& str", 8, 8),
                ("unit", "& str", 16, 8),
                ("target", "& str", 24, 8),
            ],
        ),
        fixed(
            "Property",
            32,
            &[("name", "StaticStringRef", 0, 16), ("value", "StaticStringRef", 16, 16)],
        ),
        reference("StaticStringRef", 16, "usize", 0),
    ]
}

#[test]
fn of_logs() {
    let tagged = [("desc", "& D", 0, 8), ("properties", "& P", 8, 8), ("time", "i64", 16, 8)];
    let objects = vec![
        dynamic("TaggedLogString"),
        fixed("TaggedLogStaticStrEvent", 24, &tagged),
        fixed("TaggedLogTemplateEvent", 24, &tagged),
        dynamic("TaggedLogInteropEvent"),
        reference("StaticStringRef", 16, "usize", 0),
    ];
    let mut events = Queue::new();
    for set in [ALL, SPELLING, NONSENSE] {
        let head = Bytes::new().u64(50).u64(set).i64(0);
        let interop = Bytes::new().i64(0).u8(6).raw(&static_string_ref(1).0).u64(set);
        events = events
            .dynamic(0, head.clone().utf8("text"))
            .fixed(1, head.clone())
            .fixed(2, head)
            .dynamic(3, interop.utf8("text"));
    }
    let plan = plan(dependency_types(), objects);
    let descriptor = Bytes::new().u64(50).u64(2).u64(1).u32(5);
    let block = open(&plan, &dependencies(2, descriptor), &events);
    assert!(block.dependency_losses().is_empty());
    let logs = block.logs();
    assert!(logs.losses.is_empty(), "{:?}", logs.losses);
    assert_eq!(logs.columns.level, [2, 2, 2, 6, 5, 5, 5, 6, 5, 5, 5, 6]);
    let (own, other) = ("own target", "other target");
    let targets = [other, other, other, own, own, own, own, own, own, own, own, own];
    assert_eq!(texts(block.strings(), &logs.columns.target), targets);
    let messages: Vec<_> = logs.columns.message.iter().collect();
    assert_eq!(messages[..4], ["text", "message {target}", "message other target", "text"]);
    assert_eq!(messages[6], "message {target}");
}

#[test]
fn of_metrics() {
    let tagged = [
        ("desc", "& D", 0, 8),
        ("properties", "& P", 8, 8),
        ("value", "u64", 16, 8),
        ("time", "i64", 24, 8),
    ];
    let objects = vec![fixed("TaggedIntegerMetricEvent", 32, &tagged)];
    let events = [ALL, SPELLING, NONSENSE].iter().fold(Queue::new(), |queue, set| {
        queue.fixed(0, Bytes::new().u64(50).u64(*set).u64(1).i64(0))
    });
    let plan = plan(dependency_types(), objects);
    let descriptor = Bytes::new().u64(50).u64(14).u64(4).u64(1);
    let block = open(&plan, &dependencies(3, descriptor), &events);
    let metrics = block.metrics();
    assert!(metrics.losses.is_empty(), "{:?}", metrics.losses);
    let columns = metrics.columns;
    let strings = block.strings();
    assert_eq!(texts(strings, &columns.name), ["other name", "own name", "own name"]);
    assert_eq!(texts(strings, &columns.unit), ["other unit", "level", "level"]);
    assert_eq!(texts(strings, &columns.target), ["other target", "own target", "own target"]);
}
