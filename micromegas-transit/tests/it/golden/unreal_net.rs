//! Network traces and images of the Unreal plugin.

use micromegas_transit::TypeLayout;

use super::documents::{Client, Sent};
use super::folder::Golden;
use super::unreal::string_ref;
use crate::wire::{Bytes, Queue, dynamic, fixed};

pub(super) fn goldens() -> Vec<Golden> {
    vec![net(), image()]
}

fn net_types() -> Vec<TypeLayout> {
    let named = |name, size, member| {
        fixed(name, size, &[("time", "uint64", 0, 8), (member, "&StaticStringRef", 8, 16)])
    };
    let end = |name| fixed(name, 16, &[("time", "uint64", 0, 8), ("bit_size", "uint32", 8, 4)]);
    let connection = [
        ("time", "uint64", 0, 8),
        ("connection_name", "&StaticStringRef", 8, 16),
        ("is_outgoing", "uint8", 24, 1),
    ];
    let property = [
        ("time", "uint64", 0, 8),
        ("property_name", "&StaticStringRef", 8, 16),
        ("bit_size", "uint32", 24, 4),
    ];
    vec![
        fixed("NetConnectionBeginEvent", 32, &connection),
        end("NetConnectionEndEvent"),
        named("NetObjectBeginEvent", 24, "object_name"),
        end("NetObjectEndEvent"),
        fixed("NetPropertyEvent", 32, &property),
        named("NetRPCBeginEvent", 24, "function_name"),
        end("NetRPCEndEvent"),
    ]
}

fn net() -> Golden {
    let begin = |time: u64, name: u64| Bytes::new().u64(time).raw(&string_ref(name).0);
    let end = |time: u64, bits: u32| Bytes::new().u64(time).u32(bits).padding(4);
    Sent {
        client: Client::Unreal,
        name: "unreal-net",
        number: 4,
        tag: "net",
        properties: &[],
        dependency_types: vec![dynamic("StaticStringDependency")],
        object_types: net_types(),
        dependencies: Queue::new()
            .dynamic(0, Bytes::new().u64(1).wide("IpConnection_0"))
            .dynamic(0, Bytes::new().u64(2).wide("Character"))
            .dynamic(0, Bytes::new().u64(3).wide("ReplicatedMovement"))
            .dynamic(0, Bytes::new().u64(4).wide("ServerMove")),
        objects: Queue::new()
            .fixed(0, begin(10_001, 1).u8(1).padding(7))
            .fixed(2, begin(10_002, 2))
            .fixed(4, begin(10_003, 3).u32(96).padding(4))
            .fixed(5, begin(10_004, 4))
            .fixed(6, end(10_005, 64))
            .fixed(3, end(10_006, 170))
            .fixed(1, end(10_007, 200)),
        event_count: 7,
        object_offset: 7,
    }
    .golden()
}

fn image() -> Golden {
    let picture = b"\x89PNG\r\n\x1a\nnot much of a picture";
    let event = Bytes::new()
        .u64(10_100)
        .wide("screenshot")
        .wide("image/png")
        .u32(picture.len() as u32)
        .raw(picture);
    Sent {
        client: Client::Unreal,
        name: "unreal-image",
        number: 5,
        tag: "image",
        properties: &[],
        dependency_types: vec![dynamic("StaticStringDependency")],
        object_types: vec![dynamic("ImageEvent")],
        dependencies: Queue::new(),
        objects: Queue::new().dynamic(0, event),
        event_count: 1,
        object_offset: 3,
    }
    .golden()
}
