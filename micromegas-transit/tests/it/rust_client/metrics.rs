//! Metric streams.

use super::values::{property_set, string};
use crate::wire::{Bytes, Queue, dynamic, fixed, open, plan, reference, texts};

#[test]
fn every_metric_type_is_read_whatever_its_index() {
    let dependencies = vec![
        dynamic("PropertySetDependency"),
        dynamic("StaticString"),
        fixed(
            "MetricMetadataDependency",
            48,
            &[
                ("lod", "u32", 0, 4),
                ("line", "u32", 4, 4),
                ("file", "& 'static str", 8, 8),
                ("target", "& 'static str", 16, 8),
                ("unit", "& 'static str", 24, 8),
                ("name", "& 'static str", 32, 8),
                ("id", "u64", 40, 8),
            ],
        ),
        reference("StaticStringRef", 16, "usize", 0),
        fixed(
            "Property",
            32,
            &[("name", "StaticStringRef", 0, 16), ("value", "StaticStringRef", 16, 16)],
        ),
    ];
    let tagged = |name, value| {
        let members = [
            ("desc", "& 'static MetricMetadata", 0, 8),
            ("properties", "& 'static PropertySet", 8, 8),
            ("value", value, 16, 8),
            ("time", "i64", 24, 8),
        ];
        fixed(name, 32, &members)
    };
    let plain = |name, value| {
        // Time first, and a member nobody knows, of a type nobody reads.
        let members = [
            ("time", "i64", 0, 8),
            ("value", value, 8, 8),
            ("desc", "& 'static MetricMetadata", 16, 8),
            ("novelty", "[u8; 8]", 24, 8),
        ];
        fixed(name, 32, &members)
    };
    let objects = vec![
        tagged("TaggedIntegerMetricEvent", "u64"),
        plain("FloatMetricEvent", "f64"),
        tagged("TaggedFloatMetricEvent", "f64"),
        plain("IntegerMetricEvent", "u64"),
    ];
    let mut queue = Queue::new();
    for (id, text) in [
        (1, "size"),
        (2, "bytes"),
        (3, "app"),
        (4, "name"),
        (5, "run"),
        (6, "unit"),
        (7, "ms"),
        (8, ""),
    ] {
        queue = queue.dynamic(1, string(id, text));
    }
    let descriptor =
        |id, name, unit| Bytes::new().u32(1).u32(1).u64(3).u64(3).u64(unit).u64(name).u64(id);
    let queue = queue
        .fixed(2, descriptor(50, 1, 2))
        .fixed(2, descriptor(51, 8, 8))
        .dynamic(0, property_set(60, &[(6, 7), (4, 5)]));
    let events = Queue::new()
        .fixed(3, Bytes::new().i64(1).u64(9).u64(50).padding(8))
        .fixed(1, Bytes::new().i64(2).f64(1.5).u64(50).padding(8))
        .fixed(2, Bytes::new().u64(50).u64(60).f64(2.5).i64(3))
        .fixed(0, Bytes::new().u64(51).u64(60).u64(11).i64(4));

    let plan = plan(dependencies, objects);
    let block = open(&plan, &queue, &events);
    let metrics = block.metrics();
    assert!(block.dependency_losses().is_empty());
    assert!(metrics.losses.is_empty());
    let columns = metrics.columns;
    assert_eq!(columns.ticks, [1, 2, 3, 4]);
    assert_eq!(texts(block.strings(), &columns.name), ["size", "size", "run", "run"]);
    assert_eq!(texts(block.strings(), &columns.unit), ["bytes", "bytes", "ms", "ms"]);
    assert_eq!(texts(block.strings(), &columns.target), ["app"; 4]);
    assert_eq!(columns.value, [9.0, 1.5, 2.5, 11.0]);
    assert_eq!(columns.integer, [9, 0, 0, 11]);
    assert_eq!(columns.is_integer, [true, false, false, true]);
    assert_eq!(columns.properties, [-1, -1, 0, 0]);
}
