//! Log streams.

use micromegas_transit::TypeLayout;

use super::values::{property_set, static_string_ref, string};
use crate::wire::{Bytes, Queue, dynamic, fixed, open, plan, reference, texts};

fn log_dependencies() -> Vec<TypeLayout> {
    vec![
        dynamic("StaticString"),
        dynamic("StaticStringDependency"),
        fixed(
            "LogMetadataRecord",
            48,
            &[
                ("id", "u64", 0, 8),
                ("fmt_str", "& 'static str", 8, 8),
                ("target", "& 'static str", 16, 8),
                ("module_path", "& 'static str", 24, 8),
                ("file", "& 'static str", 32, 8),
                ("line", "u32", 40, 4),
                ("level", "u32", 44, 4),
            ],
        ),
        dynamic("PropertySetDependency"),
        fixed(
            "Property",
            32,
            &[("name", "StaticStringRef", 0, 16), ("value", "StaticStringRef", 16, 16)],
        ),
        reference("StaticStringRef", 16, "usize", 0),
    ]
}

fn log_objects() -> Vec<TypeLayout> {
    let tagged: &[_] = &[
        ("desc", "& 'static LogMetadata < 'static >", 0, 8),
        ("properties", "& 'static PropertySet", 8, 8),
        ("time", "i64", 16, 8),
    ];
    vec![
        fixed(
            "LogStaticStrEvent",
            16,
            &[("desc", "& 'static LogMetadata < 'static >", 0, 8), ("time", "i64", 8, 8)],
        ),
        dynamic("LogStringEventV2"),
        fixed(
            "LogStaticStrInteropEvent",
            48,
            &[
                ("time", "i64", 32, 8),
                ("level", "u32", 40, 4),
                ("target", "StringId", 0, 16),
                ("msg", "StringId", 16, 16),
            ],
        ),
        fixed(
            "LogStaticStrInteropEventV2",
            40,
            &[
                ("time", "i64", 16, 8),
                ("level", "u32", 32, 4),
                ("target", "DynStringId", 24, 8),
                ("msg", "StringId", 0, 16),
            ],
        ),
        dynamic("LogStringInteropEventV3"),
        dynamic("TaggedLogString"),
        fixed("TaggedLogStaticStrEvent", 24, tagged),
        dynamic("TaggedLogInteropEvent"),
        fixed("TaggedLogTemplateEvent", 24, tagged),
        dynamic("LogStringEvent"),
        dynamic("LogStringInteropEventV2"),
        reference("StringId", 16, "usize", 8),
        reference("StaticStringRef", 16, "usize", 0),
        reference("DynStringId", 8, "u64", 0),
    ]
}

#[test]
fn every_log_type_is_read() {
    let texts_of = [
        (1, "app::module"),
        (2, "other"),
        (3, "constant"),
        (4, "{who} has {count:?} of {missing} {{}}"),
        (5, "who"),
        (6, "count"),
        (7, "Ada"),
        (8, "3"),
        (9, "target"),
        (10, "level"),
        (11, "warning"),
        (12, "loud"),
    ];
    let mut dependencies = Queue::new();
    for (id, text) in texts_of {
        dependencies = dependencies.dynamic(0, string(id, text));
    }
    let descriptor =
        |id, format| Bytes::new().u64(id).u64(format).u64(1).u64(1).u64(1).u32(10).u32(4);
    const DYNAMIC_STRING: u64 = 1 << 63 | 2;
    const SET: u64 = 1 << 63 | 1;
    let dependencies = dependencies
        .fixed(2, descriptor(100, 3))
        .fixed(2, descriptor(101, 4))
        .dynamic(1, Bytes::new().u64(DYNAMIC_STRING).utf8("dynamic target"))
        .dynamic(3, property_set(SET, &[(5, 7), (6, 8)]))
        .dynamic(3, property_set(201, &[(9, 2), (10, 11)]))
        .dynamic(3, property_set(202, &[(10, 12), (9, 2)]));

    let tagged = |desc, set, time| Bytes::new().u64(desc).u64(set).i64(time);
    let interop = |time, target| Bytes::new().i64(time).u8(5).raw(&static_string_ref(target).0);
    let objects = Queue::new()
        .fixed(0, Bytes::new().u64(100).i64(10))
        .dynamic(1, Bytes::new().u64(100).i64(11).utf8("formatted"))
        .fixed(2, Bytes::new().padding(8).u64(2).padding(8).u64(3).i64(12).u32(3).padding(4))
        .fixed(3, Bytes::new().padding(8).u64(3).i64(13).u64(DYNAMIC_STRING).u32(2).padding(4))
        .dynamic(4, interop(14, DYNAMIC_STRING).utf8("interop"))
        .dynamic(5, tagged(100, 201, 15).utf8("tagged"))
        .fixed(6, tagged(100, 202, 16))
        .dynamic(7, interop(17, 2).u64(201).utf8("tagged interop"))
        .fixed(8, tagged(101, SET, 18))
        .dynamic(9, Bytes::new().u64(100).i64(19).raw(b"legacy"))
        .dynamic(10, Bytes::new().i64(20).u32(6).padding(8).u64(2).raw(b"legacy interop"));

    let plan = plan(log_dependencies(), log_objects());
    let block = open(&plan, &dependencies, &objects);
    assert!(block.dependency_losses().is_empty(), "{:?}", block.dependency_losses());
    let logs = block.logs();
    assert!(logs.losses.is_empty(), "{:?}", logs.losses);
    let columns = logs.columns;
    assert_eq!(columns.record, (0..11).collect::<Vec<u32>>());
    assert_eq!(columns.ticks, (10..21).collect::<Vec<i64>>());
    assert_eq!(columns.level, [4, 4, 3, 2, 5, 3, 4, 5, 4, 4, 6]);
    let expected = [
        "app::module",
        "app::module",
        "other",
        "dynamic target",
        "dynamic target",
        "other",
        "other",
        "other",
        "app::module",
        "app::module",
        "other",
    ];
    assert_eq!(texts(block.strings(), &columns.target), expected);
    let messages: Vec<_> = columns.message.iter().collect();
    let expected = [
        "constant",
        "formatted",
        "constant",
        "constant",
        "interop",
        "tagged",
        "constant",
        "tagged interop",
        "Ada has 3 of {missing} {}",
        "legacy",
        "legacy interop",
    ];
    assert_eq!(messages, expected);
    assert_eq!(columns.properties, [-1, -1, -1, -1, -1, 1, 2, 1, 0, -1, -1]);
    let pairs = block.property_sets().get(0).unwrap();
    assert_eq!(texts(block.strings(), &[pairs[0].0, pairs[0].1]), ["who", "Ada"]);
}
