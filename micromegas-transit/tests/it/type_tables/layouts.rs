//! The tables themselves: observed sizes and offsets.

use micromegas_transit::TypeLayout;

use crate::wire::{Member, dynamic, fixed, reference};

/// The versions whose tables differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Version {
    /// 0.12 to 0.30.
    V30,
    /// 0.33.
    V33,
}

const DESC: Member<'_> = ("desc", "& 'static LogMetadata < 'static >", 0, 8);

/// The reference types that follow the queue types, in an order that changes from stream to stream.
fn secondary(version: Version) -> Vec<TypeLayout> {
    let mut types =
        vec![reference("StaticStringRef", 16, "usize", 0), reference("StringId", 16, "usize", 0)];
    if version == Version::V33 {
        types.insert(1, reference("DynStringId", 8, "u64", 0));
    }
    types
}

fn property() -> TypeLayout {
    let members = [("name", "StaticStringRef", 0, 16), ("value", "StaticStringRef", 16, 16)];
    fixed("Property", 32, &members)
}

pub(super) fn log_objects(version: Version) -> Vec<TypeLayout> {
    let mut table = vec![
        fixed("LogStaticStrEvent", 16, &[DESC, ("time", "i64", 8, 8)]),
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
    ];
    if version == Version::V33 {
        table.push(fixed(
            "LogStaticStrInteropEventV2",
            40,
            &[
                ("time", "i64", 16, 8),
                ("level", "u32", 32, 4),
                ("target", "DynStringId", 24, 8),
                ("msg", "StringId", 0, 16),
            ],
        ));
    }
    table.extend([dynamic("LogStringInteropEventV3"), dynamic("TaggedLogString")]);
    if version == Version::V33 {
        let tagged: &[_] = &[DESC, ("properties", "& PropertySetId", 8, 8), ("time", "i64", 16, 8)];
        table.extend([
            fixed("TaggedLogStaticStrEvent", 24, tagged),
            dynamic("TaggedLogInteropEvent"),
            fixed("TaggedLogTemplateEvent", 24, tagged),
        ]);
    }
    table.extend(secondary(version));
    table
}

pub(super) fn log_dependencies() -> Vec<TypeLayout> {
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
        property(),
        reference("StaticStringRef", 16, "usize", 0),
    ]
}

pub(super) fn metric_objects(version: Version) -> Vec<TypeLayout> {
    let desc: Member<'_> = ("desc", "& 'static StaticMetricMetadata < 'static >", 0, 8);
    let set = if version == Version::V33 { "& PropertySetId" } else { "& 'static PropertySet" };
    let plain =
        |name, value| fixed(name, 24, &[desc, ("value", value, 8, 8), ("time", "i64", 16, 8)]);
    let tagged = |name, value| {
        let members =
            [desc, ("properties", set, 8, 8), ("value", value, 16, 8), ("time", "i64", 24, 8)];
        fixed(name, 32, &members)
    };
    vec![
        plain("IntegerMetricEvent", "u64"),
        plain("FloatMetricEvent", "f64"),
        tagged("TaggedFloatMetricEvent", "f64"),
        tagged("TaggedIntegerMetricEvent", "u64"),
    ]
}

pub(super) fn metric_dependencies() -> Vec<TypeLayout> {
    vec![
        dynamic("StaticString"),
        dynamic("StaticStringDependency"),
        fixed(
            "MetricMetadataDependency",
            48,
            &[
                ("id", "u64", 0, 8),
                ("name", "& 'static str", 8, 8),
                ("unit", "& 'static str", 16, 8),
                ("target", "& 'static str", 24, 8),
                ("file", "& 'static str", 32, 8),
                ("line", "u32", 40, 4),
                ("lod", "u32", 44, 4),
            ],
        ),
        dynamic("PropertySetDependency"),
        reference("StaticStringRef", 16, "usize", 0),
        property(),
    ]
}

pub(super) fn thread_objects(version: Version) -> Vec<TypeLayout> {
    let desc: Member<'_> = ("thread_span_desc", "& 'static SpanMetadata", 0, 8);
    let location: Member<'_> = ("thread_span_location", "& 'static SpanLocation", 0, 8);
    let async_desc: Member<'_> = ("span_desc", "& 'static SpanMetadata", 0, 8);
    let async_location: Member<'_> = ("span_location", "& 'static SpanLocation", 0, 8);
    let ids = |offset| -> [Member<'_>; 4] {
        [
            ("span_id", "u64", offset, 8),
            ("parent_span_id", "u64", offset + 8, 8),
            ("time", "i64", offset + 16, 8),
            ("depth", "u32", offset + 24, 4),
        ]
    };
    let with_ids = |first: &[Member<'static>], offset| [first, &ids(offset)].concat();
    let plain = [desc, ("time", "i64", 8, 8)];
    let named = [location, ("name", "StringId", 8, 16), ("time", "i64", 24, 8)];
    let asynchronous = with_ids(&[async_desc], 8);
    let async_named = with_ids(&[async_location, ("name", "StringId", 8, 16)], 24);
    let mut table = vec![
        fixed("BeginThreadSpanEvent", 16, &plain),
        fixed("EndThreadSpanEvent", 16, &plain),
        fixed("BeginThreadNamedSpanEvent", 32, &named),
        fixed("EndThreadNamedSpanEvent", 32, &named),
        fixed("BeginAsyncSpanEvent", 40, &asynchronous),
        fixed("EndAsyncSpanEvent", 40, &asynchronous),
        fixed("BeginAsyncNamedSpanEvent", 56, &async_named),
        fixed("EndAsyncNamedSpanEvent", 56, &async_named),
    ];
    if version == Version::V33 {
        let dyn_name: Member<'_> = ("name", "DynStringId", 8, 8);
        let set = |offset| -> Member<'_> { ("properties", "& PropertySetId", offset, 8) };
        let dyn_named = [location, dyn_name, ("time", "i64", 16, 8)];
        let async_dyn_named = with_ids(&[async_location, dyn_name], 16);
        table.extend([
            fixed("BeginThreadDynNamedSpanEvent", 24, &dyn_named),
            fixed("EndThreadDynNamedSpanEvent", 24, &dyn_named),
            fixed("BeginAsyncDynNamedSpanEvent", 48, &async_dyn_named),
            fixed("EndAsyncDynNamedSpanEvent", 48, &async_dyn_named),
            fixed("TaggedEndThreadSpanEvent", 24, &[desc, set(8), ("time", "i64", 16, 8)]),
            fixed(
                "TaggedEndThreadNamedSpanEvent",
                32,
                &[location, dyn_name, set(16), ("time", "i64", 24, 8)],
            ),
            fixed("TaggedEndAsyncSpanEvent", 48, &with_ids(&[async_desc, set(8)], 16)),
            fixed(
                "TaggedEndAsyncNamedSpanEvent",
                56,
                &with_ids(&[async_location, dyn_name, set(16)], 24),
            ),
        ]);
    }
    table.extend(secondary(version));
    table
}

pub(super) fn thread_dependencies(version: Version) -> Vec<TypeLayout> {
    let place = |offset| -> [Member<'_>; 5] {
        [
            ("target", "& 'static str", offset, 8),
            ("module_path", "& 'static str", offset + 8, 8),
            ("file", "& 'static str", offset + 16, 8),
            ("line", "u32", offset + 24, 4),
            ("lod", "u32", offset + 28, 4),
        ]
    };
    let id: Member<'_> = ("id", "u64", 0, 8);
    let name: Member<'_> = ("name", "& 'static str", 8, 8);
    let mut table = vec![
        fixed("SpanRecord", 48, &[&[id, name][..], &place(16)].concat()),
        fixed("SpanLocationRecord", 40, &[&[id][..], &place(8)].concat()),
        dynamic("StaticString"),
    ];
    if version == Version::V33 {
        table.extend([
            dynamic("StaticStringDependency"),
            dynamic("PropertySetDependency"),
            property(),
            reference("StaticStringRef", 16, "usize", 0),
        ]);
    }
    table
}
