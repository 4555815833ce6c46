//! Records of any layout, filled by the names of its members.

use micromegas_transit::{MemberLayout, TypeLayout};

use super::streams;
use crate::wire::Bytes;

/// A value for each name that a member of an event may have. References are ids of what
/// [`streams`] defines.
pub(super) fn event_value(member: &str, time: i64) -> u64 {
    match member {
        "desc" | "thread_span_desc" | "span_desc" => streams::DESCRIPTOR,
        "thread_span_location" | "span_location" => streams::LOCATION,
        "name" | "msg" => streams::NAME,
        "target" => streams::TARGET,
        "properties" => streams::PROPERTIES,
        "time" => time.cast_unsigned(),
        "value" => 2.5_f64.to_bits(),
        "span_id" => 77,
        "parent_span_id" => 76,
        "depth" => 3,
        "level" => 5,
        _ => NOVELTY,
    }
}

/// A value for each name that a member of a descriptor may have.
pub(super) fn descriptor_value(type_name: &str, member: &str) -> u64 {
    match member {
        "id" if type_name.starts_with("SpanLocation") => streams::LOCATION,
        "id" => streams::DESCRIPTOR,
        "fmt_str" => streams::FORMAT,
        "name" => streams::NAME,
        "unit" => streams::VALUE,
        "target" | "module_path" => streams::TARGET,
        "file" => streams::FILE,
        "line" => 10,
        "level" => 4,
        "lod" => 2,
        _ => NOVELTY,
    }
}

/// What members hold that nobody knows.
const NOVELTY: u64 = 0xdead_beef_dead_beef;

/// A record of a fixed-size type; bytes that no member covers are not zero.
pub(super) fn record(
    table: &[TypeLayout],
    layout: &TypeLayout,
    value: impl Fn(&str) -> u64,
) -> Bytes {
    let mut bytes = vec![0xcc; layout.size as usize];
    for member in &layout.members {
        write_member(table, member, value(&member.name), &mut bytes);
    }
    Bytes(bytes)
}

fn write_member(table: &[TypeLayout], member: &MemberLayout, value: u64, bytes: &mut [u8]) {
    let mut offset = member.offset as usize;
    let mut size = member.size.min(8) as usize;
    if let Some(nested) = table.iter().find(|layout| layout.name == member.type_name) {
        assert!(nested.is_reference && nested.size == member.size);
        offset += nested.members[0].offset as usize;
        size = 8;
    }
    bytes[offset..offset + size].copy_from_slice(&value.to_le_bytes()[..size]);
}
