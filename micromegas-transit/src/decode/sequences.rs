//! Event types whose records begin with fixed fields in an order known by the type's name.

/// One field of such a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The id of a dependency.
    Reference(&'static str),
    /// A signed word.
    Time(&'static str),
    Byte(&'static str),
    Word(&'static str),
    /// A value of a reference type, whose size the layout tells.
    ReferenceType(&'static str, ReferenceType),
    /// A string with codec and size.
    DynString(&'static str),
    /// UTF-8 to the end of the record.
    Rest(&'static str),
    /// Size and bytes.
    Blob(&'static str),
}

/// A reference type that records contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReferenceType {
    StringId,
    StaticStringRef,
}

/// The fields of an event type's records, if they are known.
pub(super) fn parts(type_name: &str) -> Option<&'static [Part]> {
    use Part::{Blob, Byte, DynString, Reference, Rest, Time, Word};
    const TARGET: Part = Part::ReferenceType("target", ReferenceType::StaticStringRef);
    const LEGACY_TARGET: Part = Part::ReferenceType("target", ReferenceType::StringId);
    Some(match type_name {
        "LogStringEvent" => &[Reference("desc"), Time("time"), Rest("msg")],
        "LogStringEventV2" => &[Reference("desc"), Time("time"), DynString("msg")],
        "LogStringInteropEventV2" => &[Time("time"), Word("level"), LEGACY_TARGET, Rest("msg")],
        "LogStringInteropEventV3" => &[Time("time"), Byte("level"), TARGET, DynString("msg")],
        "TaggedLogString" => {
            &[Reference("desc"), Reference("properties"), Time("time"), DynString("msg")]
        }
        "TaggedLogInteropEvent" => {
            &[Time("time"), Byte("level"), TARGET, Reference("properties"), DynString("msg")]
        }
        "ImageEvent" => &[Time("time"), DynString("name"), DynString("format"), Blob("data")],
        _ => return None,
    })
}
