//! What Rust clients sent before the types of today: log types up to 2024-10, async spans without
//! parent and depth up to 0.11.

use micromegas_transit::TypeLayout;

use super::documents::{Client, Sent};
use super::folder::Golden;
use crate::wire::{Bytes, Queue, dynamic, fixed, reference};

pub(super) fn goldens() -> Vec<Golden> {
    vec![logs(), spans()]
}

fn string(id: u64, text: &str) -> Bytes {
    Bytes::new().u64(id).raw(text.as_bytes())
}

/// A descriptor of seven members: id, four texts, line, level.
fn descriptor(name: &str, first: &str, last: &str) -> TypeLayout {
    let text = "& 'static str";
    let members = [
        ("id", "u64", 0, 8),
        (first, text, 8, 8),
        ("target", text, 16, 8),
        ("module_path", text, 24, 8),
        ("file", text, 32, 8),
        ("line", "u32", 40, 4),
        (last, "u32", 44, 4),
    ];
    fixed(name, 48, &members)
}

fn logs() -> Golden {
    let site = |id: u64, format: u64, level: u32| {
        Bytes::new().u64(id).u64(format).u64(1).u64(1).u64(2).u32(12).u32(level)
    };
    let interop = |time: i64, level: u32, target: u64| {
        Bytes::new().i64(time).u32(level).u64(target).u32(9).padding(4)
    };
    let constant = [("desc", "& 'static LogMetadata < 'static >", 0, 8), ("time", "i64", 8, 8)];
    let constant_interop = [
        ("time", "i64", 32, 8),
        ("level", "u32", 40, 4),
        ("target", "StringId", 0, 16),
        ("msg", "StringId", 16, 16),
    ];
    Sent {
        client: Client::OldRust,
        name: "rust-2024-10-log",
        number: 6,
        tag: "log",
        properties: &[],
        dependency_types: vec![
            dynamic("StaticString"),
            descriptor("LogMetadataRecord", "fmt_str", "level"),
        ],
        object_types: vec![
            fixed("LogStaticStrEvent", 16, &constant),
            dynamic("LogStringEvent"),
            fixed("LogStaticStrInteropEvent", 48, &constant_interop),
            dynamic("LogStringInteropEventV2"),
            reference("StringId", 16, "usize", 0),
        ],
        dependencies: Queue::new()
            .dynamic(0, string(1, "server::accept"))
            .dynamic(0, string(2, "src/accept.rs"))
            .dynamic(0, string(3, "listening"))
            .dynamic(0, string(4, "accepted {}"))
            .dynamic(0, string(5, "hyper::proto"))
            .fixed(1, site(100, 3, 4))
            .fixed(1, site(101, 4, 5)),
        objects: Queue::new()
            .fixed(0, Bytes::new().u64(100).i64(10_010))
            .dynamic(1, Bytes::new().u64(101).i64(10_020).raw("accepted été".as_bytes()))
            .fixed(
                2,
                Bytes::new()
                    .raw(&[Bytes::new().u64(5).0, Bytes::new().u32(12).padding(4).0].concat())
                    .raw(&[Bytes::new().u64(3).0, Bytes::new().u32(9).padding(4).0].concat())
                    .i64(10_030)
                    .u32(3)
                    .padding(4),
            )
            .dynamic(3, interop(10_040, 6, 5).raw(b"from elsewhere"))
            .dynamic(1, Bytes::new().u64(101).i64(-1)),
        event_count: 5,
        object_offset: 10,
    }
    .golden()
}

fn spans() -> Golden {
    let asynchronous: &[_] = &[
        ("span_desc", "& 'static SpanMetadata", 0, 8),
        ("span_id", "u64", 8, 8),
        ("time", "i64", 16, 8),
    ];
    let plain: &[_] =
        &[("thread_span_desc", "& 'static SpanMetadata", 0, 8), ("time", "i64", 8, 8)];
    let event = |id: u64, span: u64, time: i64| Bytes::new().u64(id).u64(span).i64(time);
    Sent {
        client: Client::OldRust,
        name: "rust-0.11-thread",
        number: 7,
        tag: "cpu",
        properties: &[("thread-id", "7"), ("thread-name", "main")],
        dependency_types: vec![descriptor("SpanRecord", "name", "lod"), dynamic("StaticString")],
        object_types: vec![
            fixed("BeginThreadSpanEvent", 16, plain),
            fixed("EndThreadSpanEvent", 16, plain),
            fixed("BeginAsyncSpanEvent", 24, asynchronous),
            fixed("EndAsyncSpanEvent", 24, asynchronous),
        ],
        dependencies: Queue::new()
            .dynamic(1, string(1, "accept"))
            .dynamic(1, string(2, "server"))
            .dynamic(1, string(3, "src/accept.rs"))
            .fixed(0, Bytes::new().u64(100).u64(1).u64(2).u64(2).u64(3).u32(11).u32(2)),
        objects: Queue::new()
            .fixed(0, Bytes::new().u64(100).i64(10_010))
            .fixed(2, event(100, 7, 10_020))
            .fixed(3, event(100, 7, 10_030))
            .fixed(1, Bytes::new().u64(100).i64(10_040)),
        event_count: 4,
        object_offset: 0,
    }
    .golden()
}
