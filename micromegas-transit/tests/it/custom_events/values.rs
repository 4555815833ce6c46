//! Events as values, one at a time.

use std::ops::ControlFlow;

use micromegas_transit::{Limits, LossReason, Object, TypeLayout, Value};

use crate::wire::{Bytes, Queue, dynamic, fixed, open, payload, plan, reference};

/// Shows values as JSON-like text, with their type names.
fn shown(value: &Value<'_>) -> String {
    match value {
        Value::Unsigned(value) => format!("{value}u"),
        Value::Signed(value) => format!("{value}"),
        Value::Float(value) => format!("{value:?}f"),
        Value::Bool(value) => format!("{value}"),
        Value::Text(text) => format!("{text:?}"),
        Value::Bytes(bytes) => format!("{bytes:?}"),
        Value::Object(object) => shown_object(object),
        Value::Unresolved(id) => format!("?{id}"),
        other => format!("{other:?}"),
    }
}

fn shown_object(object: &Object<'_>) -> String {
    let members: Vec<_> =
        object.members.iter().map(|(name, value)| format!("{name}: {}", shown(value))).collect();
    format!("{}{{{}}}", object.type_name, members.join(", "))
}

fn dependencies() -> Vec<TypeLayout> {
    vec![
        dynamic("StaticStringDependency"),
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
        dynamic("PropertySetDependency"),
        fixed("Node", 16, &[("id", "u64", 0, 8), ("next", "& Node", 8, 8)]),
        fixed("Property", 16, &[("name", "& str", 0, 8), ("value", "& str", 8, 8)]),
    ]
}

fn dependency_queue() -> Queue {
    Queue::new()
        .dynamic(0, Bytes::new().u64(1).utf8("format {}"))
        .dynamic(0, Bytes::new().u64(2).wide("target"))
        .fixed(1, Bytes::new().u64(10).u64(1).u64(2).u32(4))
        .dynamic(2, Bytes::new().u64(20).u32(1).u64(2).u64(1))
}

#[test]
fn every_kind_of_event_is_shown_with_what_it_refers_to() {
    let objects = vec![
        fixed("LogStaticStrEvent", 16, &[("desc", "& D", 0, 8), ("time", "i64", 8, 8)]),
        dynamic("LogStringEventV2"),
        dynamic("LogStringInteropEventV3"),
        dynamic("TaggedLogString"),
        dynamic("TaggedLogInteropEvent"),
        dynamic("LogStringEvent"),
        dynamic("LogStringInteropEventV2"),
        dynamic("ImageEvent"),
        dynamic("Novelty"),
        fixed(
            "Own",
            32,
            &[
                ("tags", "PropertySetId", 0, 8),
                ("at", "Point", 8, 8),
                ("opaque", "Unheard", 16, 3),
                ("flag", "bool", 19, 1),
                ("ratio", "f32", 20, 4),
                ("gone", "& str", 24, 8),
            ],
        ),
        fixed("Point", 8, &[("x", "i32", 0, 4), ("y", "u16", 4, 2)]),
        reference("StringId", 16, "usize", 8),
        reference("StaticStringRef", 16, "usize", 0),
        reference("PropertySetId", 8, "u64", 0),
    ];
    let interop = |time| Bytes::new().i64(time).u8(5).u64(2).padding(8);
    let own = Bytes::new()
        .u64(20)
        .u32((-7_i32).cast_unsigned())
        .raw(&[8, 0, 0, 0])
        .raw(&[1, 2, 3, 1])
        .u32(0.5_f32.to_bits())
        .u64(99);
    let queue = Queue::new()
        .fixed(0, Bytes::new().u64(10).i64(-1))
        .dynamic(1, Bytes::new().u64(10).i64(2).utf8("text"))
        .dynamic(2, interop(3).wide("wide"))
        .dynamic(3, Bytes::new().u64(10).u64(20).i64(4).utf8("tagged"))
        .dynamic(4, interop(5).u64(20).utf8("both"))
        .dynamic(5, Bytes::new().u64(10).i64(6).raw(b"old"))
        .dynamic(6, Bytes::new().i64(7).u32(3).padding(8).u64(2).raw(b"older"))
        .dynamic(7, Bytes::new().i64(8).utf8("name").utf8("image/png").u32(2).raw(&[8, 9]))
        .dynamic(8, Bytes::new().u64(5))
        .fixed(9, own);
    let plan = plan(dependencies(), objects);
    let block = open(&plan, &dependency_queue(), &queue);
    let mut events = Vec::new();
    let visited = block.visit_events(|event| {
        assert_eq!(event.record as usize, events.len());
        events.push(shown_object(&event.object));
        ControlFlow::Continue(())
    });
    let desc =
        r#"desc: LogMetadataRecord{id: 10u, fmt_str: "format {}", target: "target", level: 4u}"#;
    let set = r#"PropertySet{target: "format {}"}"#;
    let expected = [
        format!("LogStaticStrEvent{{{desc}, time: -1}}"),
        format!(r#"LogStringEventV2{{{desc}, time: 2, msg: "text"}}"#),
        r#"LogStringInteropEventV3{time: 3, level: 5u, target: "target", msg: "wide"}"#.to_owned(),
        format!(r#"TaggedLogString{{{desc}, properties: {set}, time: 4, msg: "tagged"}}"#),
        format!(
            r#"TaggedLogInteropEvent{{time: 5, level: 5u, target: "target", properties: {set}, msg: "both"}}"#
        ),
        format!(r#"LogStringEvent{{{desc}, time: 6, msg: "old"}}"#),
        r#"LogStringInteropEventV2{time: 7, level: 3u, target: "target", msg: "older"}"#.to_owned(),
        r#"ImageEvent{time: 8, name: "name", format: "image/png", data: [8, 9]}"#.to_owned(),
        "Novelty{}".to_owned(),
        format!(
            "Own{{tags: {set}, at: Point{{x: -7, y: 8u}}, opaque: [1, 2, 3], flag: true, \
             ratio: 0.5f, gone: ?99}}"
        ),
    ];
    assert_eq!(events, expected);
    assert_eq!(visited.record_count, 10);
    assert_eq!(visited.losses.total(), 1);
    assert_eq!(visited.losses.count(LossReason::UnknownType), 1);
}

#[test]
fn a_visit_can_be_ended_and_bad_records_cost_themselves() {
    let objects = vec![dynamic("LogStringEventV2"), fixed("Own", 8, &[("time", "i64", 0, 8)])];
    let queue = Queue::new()
        .fixed(1, Bytes::new().i64(1))
        .dynamic(0, Bytes::new().u64(10).i64(2).text(9, b"codec"))
        .dynamic(0, Bytes::new().u64(10))
        .fixed(1, Bytes::new().i64(4))
        .fixed(1, Bytes::new().u8(5));
    let plan = plan(dependencies(), objects);
    let block = open(&plan, &dependency_queue(), &queue);
    let mut seen = Vec::new();
    let visited = block.visit_events(|event| {
        seen.push((event.record, event.payload.len(), event.object.get("time").cloned()));
        ControlFlow::Continue(())
    });
    let time = |time| Some(Value::Signed(time));
    assert_eq!(seen, [(0, 8, time(1)), (3, 8, time(4))]);
    assert_eq!(visited.record_count, 5);
    assert_eq!(visited.losses.count(LossReason::InvalidText), 1);
    assert_eq!(visited.losses.count(LossReason::RecordTooShort), 1);
    assert_eq!(visited.losses.count(LossReason::TruncatedBuffer), 1);
    let visited = block.visit_events(|_| ControlFlow::Break(()));
    assert_eq!((visited.record_count, visited.losses.total()), (1, 0));
}

#[test]
fn dependencies_refer_to_earlier_ones_only() {
    // 30 refers to itself, 31 to 32, which refers back, 33 and 34 make a chain.
    let node = |id, next| Bytes::new().u64(id).u64(next);
    let nodes = dependency_queue()
        .fixed(3, node(30, 30))
        .fixed(3, node(31, 32))
        .fixed(3, node(32, 31))
        .fixed(3, node(33, 1))
        .fixed(3, node(34, 33));
    let plan = plan(dependencies(), vec![fixed("Own", 8, &[("node", "& Node", 0, 8)])]);
    let queue = [30, 32, 34]
        .into_iter()
        .fold(Queue::new(), |queue, id| queue.fixed(0, Bytes::new().u64(id)));
    let block = open(&plan, &nodes, &queue);
    let mut events = Vec::new();
    block.visit_events(|event| {
        events.push(shown_object(&event.object));
        ControlFlow::Continue(())
    });
    let expected = [
        "Own{node: Node{id: 30u, next: ?30}}",
        "Own{node: Node{id: 32u, next: Node{id: 31u, next: ?32}}}",
        r#"Own{node: Node{id: 34u, next: Node{id: 33u, next: "format {}"}}}"#,
    ];
    assert_eq!(events, expected);
}

#[test]
fn long_chains_and_values_that_grow_without_end_are_cut() {
    // Each node refers twice to the one before it.
    let mut layouts = dependencies();
    layouts[3] = fixed(
        "Node",
        24,
        &[("id", "u64", 0, 8), ("left", "& Node", 8, 8), ("right", "& Node", 16, 8)],
    );
    let nodes = (100..1100).fold(Queue::new(), |queue, id| {
        queue.fixed(3, Bytes::new().u64(id).u64(id - 1).u64(id - 1))
    });
    let plan = plan(layouts, vec![fixed("Own", 8, &[("node", "& Node", 0, 8)])]);
    let queue = Queue::new().fixed(0, Bytes::new().u64(1099)).fixed(0, Bytes::new().u64(1099));
    let count = |limits: &Limits| {
        let block = plan.open(&payload(&nodes, &queue), limits).unwrap();
        let mut count = 0;
        let visited = block.visit_events(|_| {
            count += 1;
            ControlFlow::Continue(())
        });
        (count, visited.losses.count(LossReason::DerivedLimitExceeded))
    };
    assert_eq!(count(&Limits::default()), (2, 0));
    assert_eq!(count(&Limits { derived_bytes: 40_000, ..Limits::default() }), (1, 1));
    assert_eq!(count(&Limits { derived_bytes: 4_000, ..Limits::default() }), (0, 2));
}
