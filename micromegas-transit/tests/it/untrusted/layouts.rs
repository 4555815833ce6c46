//! Layouts made of few bytes: names that matter are a byte each.

use micromegas_transit::{MemberLayout, StreamLayout, TypeLayout};

const TYPES: [&str; 48] = [
    "StaticString",
    "StaticStringDependency",
    "LogMetadataRecord",
    "LogMetadataDependency",
    "MetricMetadataDependency",
    "SpanRecord",
    "SpanMetadataDependency",
    "SpanLocationRecord",
    "SpanLocationDependency",
    "PropertySetDependency",
    "Property",
    "StringId",
    "StaticStringRef",
    "DynStringId",
    "LogStaticStrEvent",
    "LogStringEvent",
    "LogStringEventV2",
    "LogStaticStrInteropEvent",
    "LogStaticStrInteropEventV2",
    "LogStringInteropEventV2",
    "LogStringInteropEventV3",
    "TaggedLogString",
    "TaggedLogStaticStrEvent",
    "TaggedLogInteropEvent",
    "TaggedLogTemplateEvent",
    "IntegerMetricEvent",
    "FloatMetricEvent",
    "TaggedIntegerMetricEvent",
    "TaggedFloatMetricEvent",
    "BeginThreadSpanEvent",
    "EndThreadSpanEvent",
    "BeginThreadNamedSpanEvent",
    "EndThreadNamedSpanEvent",
    "TaggedEndThreadSpanEvent",
    "TaggedEndThreadNamedSpanEvent",
    "BeginAsyncSpanEvent",
    "EndAsyncSpanEvent",
    "BeginAsyncNamedSpanEvent",
    "EndAsyncNamedSpanEvent",
    "TaggedEndAsyncSpanEvent",
    "TaggedEndAsyncNamedSpanEvent",
    "BeginThreadDynNamedSpanEvent",
    "BeginAsyncDynNamedSpanEvent",
    "ImageEvent",
    "NetConnectionBeginEvent",
    "NetObjectEndEvent",
    "NetPropertyEvent",
    "Custom",
];

const MEMBERS: [&str; 32] = [
    "id",
    "name",
    "value",
    "time",
    "desc",
    "properties",
    "fmt_str",
    "target",
    "module_path",
    "file",
    "line",
    "level",
    "lod",
    "unit",
    "msg",
    "thread_span_desc",
    "thread_span_location",
    "span_desc",
    "span_location",
    "span_id",
    "parent_span_id",
    "depth",
    "connection_name",
    "is_outgoing",
    "bit_size",
    "object_name",
    "property_name",
    "function_name",
    "other",
    "codec",
    "len",
    "",
];

const INTRINSICS: [&str; 10] =
    ["u8", "uint8", "u32", "uint32", "u64", "uint64", "i64", "int64", "f64", "usize"];

/// Takes decisions from bytes; all of them are 0 at the end.
pub(super) struct Draw<'a> {
    rest: &'a [u8],
}

impl<'a> Draw<'a> {
    pub(super) fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    fn byte(&mut self) -> u8 {
        self.rest.split_off_first().copied().unwrap_or(0)
    }

    fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()) % count
    }

    /// Bytes after their number.
    pub(super) fn take_sized(&mut self) -> &'a [u8] {
        let count = usize::from(u16::from_le_bytes([self.byte(), self.byte()]));
        self.rest.split_off(..count.min(self.rest.len())).unwrap_or_default()
    }

    pub(super) fn take_rest(self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn layout(&mut self) -> StreamLayout {
        let [dependencies, objects] = [self.below(8), self.below(12)];
        StreamLayout {
            dependencies: (0..dependencies).map(|_| self.type_layout()).collect(),
            objects: (0..objects).map(|_| self.type_layout()).collect(),
        }
    }

    fn type_layout(&mut self) -> TypeLayout {
        let name = TYPES[self.below(TYPES.len())].to_owned();
        let flags = self.byte();
        let size = match flags & 7 {
            0 => 0,
            7 => u32::MAX - u32::from(self.byte()),
            _ => self.byte().into(),
        };
        let member_count = self.below(9);
        let members = (0..member_count).map(|_| self.member()).collect();
        TypeLayout { name, size, members, is_reference: flags & 8 != 0 }
    }

    fn member(&mut self) -> MemberLayout {
        let name = MEMBERS[self.below(MEMBERS.len())].to_owned();
        let kind = self.byte();
        let type_name = if kind & 0x40 == 0 {
            INTRINSICS[usize::from(kind & 0x3f) % INTRINSICS.len()]
        } else {
            TYPES[usize::from(kind & 0x3f) % TYPES.len()]
        };
        let offset = match self.byte() {
            255 => u32::MAX - u32::from(self.byte()),
            offset => offset.into(),
        };
        let size = match self.byte() {
            255 => u32::MAX,
            size => size.into(),
        };
        let is_reference = kind & 0x80 != 0;
        MemberLayout { name, type_name: type_name.to_owned(), offset, size, is_reference }
    }
}
