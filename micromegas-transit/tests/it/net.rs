//! Net streams, as Unreal sends them.

use micromegas_transit::{LossReason, NetSpanEdge, NetSpanKind, TypeLayout};

use crate::wire::{Bytes, Queue, dynamic, fixed, open, plan};

fn net_objects() -> Vec<TypeLayout> {
    let end: &[_] = &[("time", "uint64", 0, 8), ("bit_size", "uint32", 8, 4)];
    vec![
        fixed(
            "NetConnectionBeginEvent",
            32,
            &[
                ("time", "uint64", 0, 8),
                ("connection_name", "&StaticStringRef", 8, 16),
                ("is_outgoing", "uint8", 24, 1),
            ],
        ),
        fixed("NetConnectionEndEvent", 16, end),
        fixed(
            "NetObjectBeginEvent",
            24,
            &[("time", "uint64", 0, 8), ("object_name", "&StaticStringRef", 8, 16)],
        ),
        fixed("NetObjectEndEvent", 16, end),
        fixed(
            "NetPropertyEvent",
            32,
            &[
                ("time", "uint64", 0, 8),
                ("property_name", "&StaticStringRef", 8, 16),
                ("bit_size", "uint32", 24, 4),
            ],
        ),
        fixed(
            "NetRPCBeginEvent",
            24,
            &[("time", "uint64", 0, 8), ("function_name", "&StaticStringRef", 8, 16)],
        ),
        fixed("NetRPCEndEvent", 16, end),
    ]
}

fn named(time: u64, name: u64) -> Bytes {
    Bytes::new().u64(time).u64(name).padding(8)
}

fn end(time: u64, bits: u32) -> Bytes {
    Bytes::new().u64(time).u32(bits).padding(4)
}

fn names() -> Queue {
    Queue::new()
        .dynamic(0, Bytes::new().u64(1).wide("Client-7"))
        .dynamic(0, Bytes::new().u64(2).wide("Pawn é"))
        .dynamic(0, Bytes::new().u64(3).text(0, b"Health"))
        .dynamic(0, Bytes::new().u64(4).text(0, b"ServerMove"))
}

#[test]
fn all_seven_types_are_read() {
    let events = Queue::new()
        .fixed(0, named(10, 1).u8(1).padding(7))
        .fixed(2, named(11, 2))
        .fixed(4, named(12, 3).u32(33).padding(4))
        .fixed(5, named(13, 4))
        .fixed(6, end(14, 44))
        .fixed(3, end(15, 77))
        .fixed(1, end(16, u32::MAX))
        .fixed(0, named(17, 1).u8(0).padding(7));
    let plan = plan(vec![dynamic("StaticStringDependency")], net_objects());
    let block = open(&plan, &names(), &events);
    assert!(block.dependency_losses().is_empty());
    let spans = block.net_spans();
    assert!(spans.losses.is_empty(), "{:?}", spans.losses);
    assert_eq!(spans.record_count, 8);
    let columns = spans.columns;
    assert_eq!(columns.record, (0..8).collect::<Vec<u32>>());
    assert_eq!(columns.ticks, (10..18).collect::<Vec<i64>>());
    let kinds: Vec<_> = columns.kind.iter().map(|kind| kind.as_str()).collect();
    let expected =
        ["connection", "object", "property", "rpc", "rpc", "object", "connection", "connection"];
    assert_eq!(kinds, expected);
    use NetSpanEdge::{Begin, End, Whole};
    assert_eq!(columns.edge, [Begin, Begin, Whole, Begin, End, End, End, Begin]);
    let name = |index: i32| block.strings().get(usize::try_from(index).ok()?);
    let names: Vec<_> = columns.name.iter().map(|index| name(*index)).collect();
    let expected = [
        Some("Client-7"),
        Some("Pawn é"),
        Some("Health"),
        Some("ServerMove"),
        None,
        None,
        None,
        Some("Client-7"),
    ];
    assert_eq!(names, expected);
    assert_eq!(columns.is_outgoing, [true, false, false, false, false, false, false, false]);
    assert_eq!(columns.bit_size, [0, 0, 33, 0, 44, 77, u32::MAX.into(), 0]);
    assert!(block.thread_spans().losses.is_empty());
}

#[test]
fn names_and_members_decide_not_positions() {
    let mut objects = vec![
        // Members in another order, a wider size, and one more member.
        fixed(
            "NetPropertyEvent",
            48,
            &[
                ("bit_size", "uint64", 0, 8),
                ("novelty", "TArray", 8, 16),
                ("property_name", "StaticStringRef", 24, 16),
                ("time", "int64", 40, 8),
            ],
        ),
        // The size is gone.
        fixed("NetObjectEndEvent", 8, &[("time", "uint64", 0, 8)]),
    ];
    objects.push(net_objects().swap_remove(5));
    objects.push(crate::wire::reference("StaticStringRef", 16, "uint64", 0));
    let events = Queue::new()
        .fixed(2, named(1, 4))
        .fixed(1, Bytes::new().u64(2))
        .fixed(0, Bytes::new().u64(9).padding(16).u64(3).padding(8).i64(3))
        // Refers to a name that was not sent.
        .fixed(2, named(4, 99));
    let plan = plan(vec![dynamic("StaticStringDependency")], objects);
    let spans = open(&plan, &names(), &events).net_spans();
    assert_eq!(spans.columns.record, [0, 2]);
    assert_eq!(spans.columns.kind, [NetSpanKind::Rpc, NetSpanKind::Property]);
    assert_eq!(spans.columns.bit_size, [0, 9]);
    assert_eq!(spans.losses.count(LossReason::UnreadableType), 1);
    assert_eq!(spans.losses.count(LossReason::MissingDependency), 1);
}
