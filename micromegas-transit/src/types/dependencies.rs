//! Records that events refer to.

use crate::{Reflect, ReflectDynamic, TypeLayout};

/// The codec of UTF-8 text on the wire.
const UTF8: u8 = 2;

/// Appends a length-prefixed string: codec, size in bytes, bytes.
pub(super) fn write_text(out: &mut Vec<u8>, text: &str) {
    // Queues hold less than 4 GiB, so text that does not fit could not be sent anyway.
    let size = u32::try_from(text.len()).unwrap_or(u32::MAX);
    out.push(UTF8);
    out.extend_from_slice(&size.to_le_bytes());
    out.extend_from_slice(&text.as_bytes()[..size as usize]);
}

/// A string that descriptors and property sets refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StaticStringDependency<'a> {
    /// Id of the string.
    pub id: u64,
    /// Its text.
    pub text: &'a str,
}

impl ReflectDynamic for StaticStringDependency<'_> {
    fn layout() -> TypeLayout {
        TypeLayout::dynamic("StaticStringDependency")
    }

    fn write_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.id.to_le_bytes());
        write_text(out, self.text);
    }
}

/// Descriptor of a log call site.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Reflect)]
pub struct LogMetadataRecord {
    /// Id of the descriptor.
    pub id: u64,
    /// The format string; the message itself where nothing is formatted.
    #[reflect(reference)]
    pub fmt_str: u64,
    /// The target, by default the module path.
    #[reflect(reference)]
    pub target: u64,
    /// Source file.
    #[reflect(reference)]
    pub file: u64,
    /// Line in the source file.
    pub line: u32,
    /// Level, from 1 (fatal) to 6 (trace).
    pub level: u32,
}

/// Descriptor of a metric.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Reflect)]
pub struct MetricMetadataDependency {
    /// Id of the descriptor.
    pub id: u64,
    /// Name of the metric.
    #[reflect(reference)]
    pub name: u64,
    /// Unit of its values.
    #[reflect(reference)]
    pub unit: u64,
    /// The target, by default the module path.
    #[reflect(reference)]
    pub target: u64,
    /// Source file.
    #[reflect(reference)]
    pub file: u64,
    /// Line in the source file.
    pub line: u32,
    /// Level of detail, from 1 (min) to 3 (max).
    pub lod: u32,
}

/// Descriptor of a span.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Reflect)]
pub struct SpanRecord {
    /// Id of the descriptor.
    pub id: u64,
    /// Name of the span.
    #[reflect(reference)]
    pub name: u64,
    /// The target, by default the module path.
    #[reflect(reference)]
    pub target: u64,
    /// Source file.
    #[reflect(reference)]
    pub file: u64,
    /// Line in the source file.
    pub line: u32,
    /// Level of detail, from 1 (min) to 3 (max).
    pub lod: u32,
}

/// Descriptor of a place where spans with names of their own begin.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Reflect)]
pub struct SpanLocationRecord {
    /// Id of the descriptor.
    pub id: u64,
    /// The target, by default the module path.
    #[reflect(reference)]
    pub target: u64,
    /// Source file.
    #[reflect(reference)]
    pub file: u64,
    /// Line in the source file.
    pub line: u32,
    /// Level of detail, from 1 (min) to 3 (max).
    pub lod: u32,
}

/// A name and a value, both ids of strings.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Reflect)]
pub struct Property {
    /// Name of the property.
    #[reflect(reference)]
    pub name: u64,
    /// Its value.
    #[reflect(reference)]
    pub value: u64,
}

/// A set of properties that tagged events refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PropertySetDependency<'a> {
    /// Id of the set.
    pub id: u64,
    /// Its properties.
    pub properties: &'a [Property],
}

impl ReflectDynamic for PropertySetDependency<'_> {
    fn layout() -> TypeLayout {
        TypeLayout::dynamic("PropertySetDependency")
    }

    fn parts() -> Vec<TypeLayout> {
        vec![Property::layout()]
    }

    fn write_to(&self, out: &mut Vec<u8>) {
        let count = u32::try_from(self.properties.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&self.id.to_le_bytes());
        out.extend_from_slice(&count.to_le_bytes());
        for property in &self.properties[..count as usize] {
            let mut bytes = [0; Property::SIZE];
            property.write_to(&mut bytes);
            out.extend_from_slice(&bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_id_codec_size_bytes() {
        let mut out = Vec::new();
        StaticStringDependency { id: 0x1000, text: "hi" }.write_to(&mut out);
        assert_eq!(out, [0, 0x10, 0, 0, 0, 0, 0, 0, 2, 2, 0, 0, 0, b'h', b'i']);
    }

    #[test]
    fn a_property_set_is_id_count_pairs() {
        let mut out = Vec::new();
        PropertySetDependency { id: 0x1000, properties: &[] }.write_to(&mut out);
        assert_eq!(out, [0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        out.clear();
        let properties = [Property { name: 1, value: 2 }, Property { name: 3, value: 4 }];
        PropertySetDependency { id: 5, properties: &properties }.write_to(&mut out);
        assert_eq!(out.len(), 12 + 2 * Property::SIZE);
        assert_eq!(out[8..20], [2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    }
}
