//! Logs, metrics and spans of the Unreal plugin.

use micromegas_transit::TypeLayout;

use super::documents::{Client, Sent};
use super::folder::Golden;
use crate::wire::{Bytes, Member, Queue, dynamic, fixed};

pub(super) fn goldens() -> Vec<Golden> {
    vec![logs(), metrics(), spans()]
}

fn property() -> TypeLayout {
    let members = [("name", "&StaticStringRef", 0, 16), ("value", "&StaticStringRef", 16, 16)];
    fixed("Property", 32, &members)
}

/// The name or value of a property, the text of a descriptor: id, length, codec.
pub(super) fn string_ref(id: u64) -> Bytes {
    Bytes::new().u64(id).u32(4).u8(3).padding(3)
}

fn property_set(id: u64, pairs: &[(u64, u64)]) -> Bytes {
    pairs.iter().fold(Bytes::new().u64(id).u32(pairs.len() as u32), |bytes, (name, value)| {
        bytes.raw(&string_ref(*name).0).raw(&string_ref(*value).0)
    })
}

/// A dynamic type whose members are told for information only.
fn informative(name: &str, members: &[Member<'_>]) -> TypeLayout {
    TypeLayout { members: fixed("", 0, members).members, ..dynamic(name) }
}

fn logs() -> Golden {
    let descriptor = [
        ("id", "uint64", 0, 8),
        ("target", "&StaticStringRef", 8, 16),
        ("fmt_str", "&StaticStringRef", 24, 16),
        ("file", "&StaticStringRef", 40, 16),
        ("line", "uint32", 56, 4),
        ("level", "uint8", 60, 1),
    ];
    let interop = [
        ("time", "uint64", 0, 8),
        ("level", "uint8", 8, 1),
        ("target", "&StaticStringRef", 9, 16),
        ("properties", "&PropertySet*", 25, 8),
    ];
    let tagged = [
        ("desc", "&LogMetadata*", 0, 8),
        ("properties", "&PropertySet*", 8, 8),
        ("time", "uint64", 16, 8),
    ];
    let reference = fixed("StaticStringRef", 16, &[("id", "&uint64", 0, 8)]);
    let site = |id: u64, level: u8| {
        let texts = [1, 3, 2].map(|text| string_ref(text).0).concat();
        Bytes::new().u64(id).raw(&texts).u32(7).u8(level).padding(3)
    };
    let entry = |time: u64, level: u8, set: u64| {
        Bytes::new().u64(time).u8(level).raw(&string_ref(5).0).u64(set)
    };
    let lone_surrogate = [0x61, 0x00, 0x3d, 0xd8, 0x62, 0x00];
    Sent {
        client: Client::Unreal,
        name: "unreal-log",
        number: 1,
        tag: "log",
        properties: &[],
        dependency_types: vec![
            dynamic("StaticStringDependency"),
            fixed("LogMetadataDependency", 64, &descriptor),
            dynamic("PropertySetDependency"),
            property(),
        ],
        object_types: vec![
            informative("TaggedLogInteropEvent", &interop),
            informative("TaggedLogString", &tagged),
            TypeLayout { is_reference: true, ..reference },
        ],
        dependencies: Queue::new()
            .dynamic(0, Bytes::new().u64(1).wide("LogTemp"))
            .dynamic(0, Bytes::new().u64(2).text(0, b"Source/Game/Actor.cpp"))
            .dynamic(0, Bytes::new().u64(3).wide("Ammo: %d"))
            .dynamic(0, Bytes::new().u64(4).wide("map"))
            .dynamic(0, Bytes::new().u64(5).text(0, b"LogTemp"))
            .dynamic(0, Bytes::new().u64(6).wide("Arène 😀"))
            .dynamic(0, Bytes::new().u64(7).wide("level"))
            .dynamic(0, Bytes::new().u64(8).wide("error"))
            .fixed(1, site(100, 3))
            .dynamic(2, property_set(200, &[]))
            .dynamic(2, property_set(201, &[(4, 6)]))
            .dynamic(2, property_set(202, &[(4, 6), (7, 8)])),
        objects: Queue::new()
            .dynamic(0, entry(10_050, 4, 201).wide("captured 😀"))
            .dynamic(0, entry(10_049, 1, 200).text(0, b"plain"))
            .dynamic(0, entry(10_060, 5, 200).text(1, &lone_surrogate))
            .dynamic(1, Bytes::new().u64(100).u64(200).u64(10_070).wide("Ammo: 3"))
            .dynamic(1, Bytes::new().u64(100).u64(202).u64(10_080).wide("")),
        event_count: 5,
        object_offset: 40,
    }
    .golden()
}

fn metrics() -> Golden {
    let descriptor = [
        ("id", "uint64", 0, 8),
        ("lod", "uint8", 8, 1),
        ("name", "&StaticStringRef", 16, 8),
        ("unit", "&StaticStringRef", 24, 8),
        ("target", "&StaticStringRef", 32, 8),
        ("file", "&StaticStringRef", 40, 8),
        ("line", "uint32", 48, 4),
    ];
    let metric = |name, value| {
        let members = [
            ("desc", "&MetricMetadata*", 0, 8),
            ("properties", "&PropertySet*", 8, 8),
            ("value", value, 16, 8),
            ("time", "uint64", 24, 8),
        ];
        fixed(name, 32, &members)
    };
    let site = |id: u64, name: u64, unit: u64| {
        Bytes::new().u64(id).u8(2).padding(7).u64(name).u64(unit).u64(5).u64(6).u32(5).padding(4)
    };
    Sent {
        client: Client::Unreal,
        name: "unreal-metrics",
        number: 2,
        tag: "metrics",
        properties: &[],
        dependency_types: vec![
            dynamic("StaticStringDependency"),
            fixed("MetricMetadataDependency", 56, &descriptor),
            dynamic("PropertySetDependency"),
            property(),
        ],
        object_types: vec![
            metric("TaggedIntegerMetricEvent", "uint64"),
            metric("TaggedFloatMetricEvent", "f64"),
        ],
        dependencies: Queue::new()
            .dynamic(0, Bytes::new().u64(1).wide("HttpRequestCompletionTime"))
            .dynamic(0, Bytes::new().u64(2).wide("ticks"))
            .dynamic(0, Bytes::new().u64(3).wide("DeltaTime"))
            .dynamic(0, Bytes::new().u64(4).wide("ms"))
            .dynamic(0, Bytes::new().u64(5).wide("Frame"))
            .dynamic(0, Bytes::new().u64(6).text(0, b"Frame.cpp"))
            .dynamic(0, Bytes::new().u64(7).wide("VSync"))
            .dynamic(0, Bytes::new().u64(8).wide("0"))
            .fixed(1, site(100, 1, 2))
            .fixed(1, site(101, 3, 4))
            .dynamic(2, property_set(200, &[]))
            .dynamic(2, property_set(201, &[(7, 8)])),
        objects: Queue::new()
            .fixed(0, Bytes::new().u64(100).u64(200).u64(123_456).u64(10_010))
            .fixed(1, Bytes::new().u64(101).u64(201).f64(16.625).u64(10_020))
            .fixed(1, Bytes::new().u64(101).u64(201).f64(-0.0).u64(10_030)),
        event_count: 3,
        object_offset: 0,
    }
    .golden()
}

fn spans() -> Golden {
    let descriptor = [
        ("id", "uint64", 0, 8),
        ("name", "&StaticStringRef", 8, 8),
        ("target", "&StaticStringRef", 16, 8),
        ("file", "&StaticStringRef", 24, 8),
        ("line", "uint32", 32, 4),
    ];
    let location = [
        ("id", "uint64", 0, 8),
        ("target", "&StaticStringRef", 8, 8),
        ("file", "&StaticStringRef", 16, 8),
        ("line", "uint32", 24, 4),
    ];
    let plain: &[_] = &[("thread_span_desc", "&SpanMetadata*", 0, 8), ("time", "uint64", 8, 8)];
    let named: &[_] = &[
        ("thread_span_location", "&SpanLocation*", 0, 8),
        ("time", "uint64", 8, 8),
        ("name", "&StaticStringRef", 16, 16),
    ];
    let event = |id: u64, time: u64| Bytes::new().u64(id).u64(time);
    Sent {
        client: Client::Unreal,
        name: "unreal-thread",
        number: 3,
        tag: "cpu",
        properties: &[("thread-id", "42"), ("thread-name", "GameThread")],
        dependency_types: vec![
            dynamic("StaticStringDependency"),
            fixed("SpanMetadataDependency", 40, &descriptor),
            fixed("SpanLocationDependency", 32, &location),
        ],
        object_types: vec![
            fixed("BeginThreadSpanEvent", 16, plain),
            fixed("EndThreadSpanEvent", 16, plain),
            fixed("BeginThreadNamedSpanEvent", 32, named),
            fixed("EndThreadNamedSpanEvent", 32, named),
        ],
        dependencies: Queue::new()
            .dynamic(0, Bytes::new().u64(1).text(0, b"Tick"))
            .dynamic(0, Bytes::new().u64(2).text(0, b"Engine"))
            .dynamic(0, Bytes::new().u64(3).text(0, b"Engine.cpp"))
            .dynamic(0, Bytes::new().u64(4).wide("Actor"))
            .fixed(1, Bytes::new().u64(10).u64(1).u64(2).u64(3).u32(5).padding(4))
            .fixed(2, Bytes::new().u64(11).u64(2).u64(3).u32(6).padding(4)),
        // Earlier blocks were sampled out: the first end has no begin, the last begin no end.
        objects: Queue::new()
            .fixed(1, event(10, 8_999))
            .fixed(0, event(10, 10_010))
            .fixed(2, event(11, 10_020).raw(&string_ref(4).0))
            .fixed(3, event(11, 10_030).raw(&string_ref(4).0))
            .fixed(1, event(10, 10_040))
            .fixed(0, event(10, 10_050)),
        event_count: 6,
        object_offset: 123_456,
    }
    .golden()
}
