//! Thread streams.

use micromegas_transit::{LossReason, TypeLayout};

use super::values::{property_set, string};
use crate::wire::{Bytes, Queue, dynamic, fixed, open, plan, reference, texts};

fn span_dependencies() -> Vec<TypeLayout> {
    vec![
        fixed(
            "SpanRecord",
            48,
            &[
                ("id", "u64", 0, 8),
                ("name", "& 'static str", 8, 8),
                ("target", "& 'static str", 16, 8),
                ("module_path", "& 'static str", 24, 8),
                ("file", "& 'static str", 32, 8),
                ("line", "u32", 40, 4),
                ("lod", "u32", 44, 4),
            ],
        ),
        fixed(
            "SpanLocationRecord",
            40,
            &[
                ("id", "u64", 0, 8),
                ("target", "& 'static str", 8, 8),
                ("module_path", "& 'static str", 16, 8),
                ("file", "& 'static str", 24, 8),
                ("line", "u32", 32, 4),
                ("lod", "u32", 36, 4),
            ],
        ),
        dynamic("StaticString"),
        dynamic("StaticStringDependency"),
        dynamic("PropertySetDependency"),
        fixed(
            "Property",
            32,
            &[("name", "StaticStringRef", 0, 16), ("value", "StaticStringRef", 16, 16)],
        ),
        reference("StaticStringRef", 16, "usize", 0),
    ]
}

fn span_objects() -> Vec<TypeLayout> {
    let thread: &[_] =
        &[("thread_span_desc", "& 'static SpanMetadata", 0, 8), ("time", "i64", 8, 8)];
    let named: &[_] = &[
        ("thread_span_location", "& 'static SpanLocation", 0, 8),
        ("name", "StringId", 8, 16),
        ("time", "i64", 24, 8),
    ];
    let dyn_named: &[_] = &[
        ("thread_span_location", "& 'static SpanLocation", 0, 8),
        ("name", "DynStringId", 8, 8),
        ("time", "i64", 16, 8),
    ];
    let asynchronous: &[_] = &[
        ("span_desc", "& 'static SpanMetadata", 0, 8),
        ("span_id", "u64", 8, 8),
        ("parent_span_id", "u64", 16, 8),
        ("time", "i64", 24, 8),
        ("depth", "u32", 32, 4),
    ];
    let async_named: &[_] = &[
        ("span_location", "& 'static SpanLocation", 0, 8),
        ("name", "StringId", 8, 16),
        ("span_id", "u64", 24, 8),
        ("parent_span_id", "u64", 32, 8),
        ("time", "i64", 40, 8),
        ("depth", "u32", 48, 4),
    ];
    vec![
        fixed("BeginThreadSpanEvent", 16, thread),
        fixed("EndThreadSpanEvent", 16, thread),
        fixed("BeginThreadNamedSpanEvent", 32, named),
        fixed("EndThreadNamedSpanEvent", 32, named),
        fixed("BeginAsyncSpanEvent", 40, asynchronous),
        fixed("EndAsyncSpanEvent", 40, asynchronous),
        fixed("BeginAsyncNamedSpanEvent", 56, async_named),
        fixed("EndAsyncNamedSpanEvent", 56, async_named),
        fixed("BeginThreadDynNamedSpanEvent", 24, dyn_named),
        fixed("EndThreadDynNamedSpanEvent", 24, dyn_named),
        fixed(
            "TaggedEndThreadNamedSpanEvent",
            32,
            &[
                ("thread_span_location", "& 'static SpanLocation", 0, 8),
                ("name", "DynStringId", 8, 8),
                ("properties", "& PropertySetId", 16, 8),
                ("time", "i64", 24, 8),
            ],
        ),
        fixed(
            "TaggedEndThreadSpanEvent",
            24,
            &[
                ("thread_span_desc", "& 'static SpanMetadata", 0, 8),
                ("properties", "& PropertySetId", 8, 8),
                ("time", "i64", 16, 8),
            ],
        ),
        // As before parents and depths were sent.
        fixed(
            "EndAsyncDynNamedSpanEvent",
            32,
            &[
                ("span_location", "& 'static SpanLocation", 0, 8),
                ("name", "DynStringId", 8, 8),
                ("span_id", "u64", 16, 8),
                ("time", "i64", 24, 8),
            ],
        ),
        reference("DynStringId", 8, "u64", 0),
        reference("StringId", 16, "usize", 0),
    ]
}

fn span_dependency_queue() -> Queue {
    let mut queue = Queue::new();
    for (id, text) in [(1, "fixed"), (2, "app"), (3, "f.rs"), (4, "named"), (5, "k"), (6, "v")] {
        queue = queue.dynamic(2, string(id, text));
    }
    queue
        .fixed(0, Bytes::new().u64(100).u64(1).u64(2).u64(2).u64(3).u32(11).u32(2))
        .fixed(1, Bytes::new().u64(200).u64(2).u64(2).u64(3).u32(22).u32(2))
        .dynamic(3, Bytes::new().u64(1 << 63).utf8("named"))
        .dynamic(4, property_set(1 << 63 | 1, &[(5, 6)]))
}

#[test]
fn every_thread_span_type_is_read() {
    let text_id = 1 << 63;
    let objects = Queue::new()
        .fixed(0, Bytes::new().u64(100).i64(1))
        .fixed(2, Bytes::new().u64(200).u64(4).padding(8).i64(2))
        .fixed(8, Bytes::new().u64(200).u64(text_id).i64(3))
        .fixed(9, Bytes::new().u64(200).u64(text_id).i64(4))
        .fixed(10, Bytes::new().u64(200).u64(text_id).u64(1 << 63 | 1).i64(5))
        .fixed(11, Bytes::new().u64(100).u64(1 << 63 | 1).i64(6))
        .fixed(3, Bytes::new().u64(200).u64(4).padding(8).i64(7))
        .fixed(1, Bytes::new().u64(100).i64(8));
    let plan = plan(span_dependencies(), span_objects());
    let block = open(&plan, &span_dependency_queue(), &objects);
    assert!(block.dependency_losses().is_empty());
    let spans = block.thread_spans();
    assert!(spans.losses.is_empty(), "{:?}", spans.losses);
    let columns = spans.columns;
    assert_eq!(columns.ticks, (1..9).collect::<Vec<i64>>());
    assert_eq!(columns.is_begin, [true, true, true, false, false, false, false, false]);
    assert_eq!(columns.properties, [-1, -1, -1, -1, 0, 0, -1, -1]);
    // Equal names at one location are one scope, however the name was sent.
    assert_eq!(columns.scope, [0, 1, 1, 1, 1, 0, 1, 0]);
    let named = columns.scopes[1];
    assert_eq!(
        texts(block.strings(), &[named.name, named.target, named.file]),
        ["named", "app", "f.rs"]
    );
    assert_eq!(named.line, 22);
    assert_ne!(named.hash, columns.scopes[0].hash);
}

#[test]
fn async_span_types_are_read_with_and_without_parents() {
    let objects = Queue::new()
        .fixed(4, Bytes::new().u64(100).u64(7).u64(6).i64(1).u32(2).padding(4))
        .fixed(6, Bytes::new().u64(200).u64(4).padding(8).u64(8).u64(7).i64(2).u32(3).padding(4))
        .fixed(12, Bytes::new().u64(200).u64(1 << 63).u64(8).i64(3))
        .fixed(5, Bytes::new().u64(100).u64(7).u64(6).i64(4).u32(2).padding(4));
    let plan = plan(span_dependencies(), span_objects());
    let block = open(&plan, &span_dependency_queue(), &objects);
    let spans = block.async_spans();
    assert!(spans.losses.is_empty(), "{:?}", spans.losses);
    let columns = spans.columns;
    assert_eq!(columns.ticks, [1, 2, 3, 4]);
    assert_eq!(columns.is_begin, [true, true, false, false]);
    assert_eq!(columns.span_id, [7, 8, 8, 7]);
    assert_eq!(columns.parent_span_id, [6, 7, 0, 6]);
    assert_eq!(columns.depth, [2, 3, 0, 2]);
    assert_eq!(columns.scope, [0, 1, 1, 0]);
    assert!(columns.properties.is_empty());
}

#[test]
fn layouts_in_other_orders_give_the_same_columns() {
    let reordered = vec![
        fixed(
            "EndThreadSpanEvent",
            24,
            &[("time", "i64", 8, 8), ("thread_span_desc", "& D", 16, 8)],
        ),
        fixed(
            "BeginThreadSpanEvent",
            16,
            &[("time", "uint64", 0, 8), ("thread_span_desc", "& D", 8, 8)],
        ),
    ];
    let mut usual_queue = Queue::new();
    let mut reordered_queue = Queue::new();
    for time in 0..5000_i64 {
        let begins = time % 3 != 1;
        let usual = Bytes::new().u64(100).i64(time);
        usual_queue = usual_queue.fixed(u8::from(!begins), usual);
        reordered_queue = if begins {
            reordered_queue.fixed(1, Bytes::new().i64(time).u64(100))
        } else {
            reordered_queue.fixed(0, Bytes::new().padding(8).i64(time).u64(100))
        };
    }
    let dependencies = span_dependency_queue();
    let usual_plan = plan(span_dependencies(), span_objects());
    let reordered_plan = plan(span_dependencies(), reordered);
    let usual = open(&usual_plan, &dependencies, &usual_queue).thread_spans();
    let reordered = open(&reordered_plan, &dependencies, &reordered_queue).thread_spans();
    assert_eq!(usual.record_count, 5000);
    assert_eq!(usual.columns.record, (0..5000).collect::<Vec<u32>>());
    assert_eq!(usual.columns.ticks, (0..5000).collect::<Vec<i64>>());
    assert_eq!(usual, reordered);
}

#[test]
fn a_type_that_lost_a_needed_member_is_counted() {
    let objects = vec![
        fixed(
            "BeginThreadSpanEvent",
            16,
            &[("thread_span_desc", "& D", 0, 8), ("when", "i64", 8, 8)],
        ),
        span_objects().swap_remove(1),
    ];
    let queue =
        Queue::new().fixed(0, Bytes::new().u64(100).i64(1)).fixed(1, Bytes::new().u64(100).i64(2));
    let plan = plan(span_dependencies(), objects);
    let spans = open(&plan, &span_dependency_queue(), &queue).thread_spans();
    assert_eq!(spans.columns.record, [1]);
    assert_eq!(spans.losses.count(LossReason::UnreadableType), 1);
}
