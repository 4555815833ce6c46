//! Which bytes of a record go into which group: decided once for a layout.

use std::collections::HashMap;

use super::family::Family;
use super::transform::Width;
use crate::TypeLayout;
use crate::layout::first_secondary;

/// A type with more bytes than this outside of its members keeps them together, record after
/// record, instead of plane by plane.
const GAP_BYTES_MAX: usize = 64;
/// A type with more parts than this has the rest of its bytes treated like a gap.
const PARTS_MAX: usize = 64;

/// A run of up to 8 bytes of a record, and the group that its values go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Part {
    pub(super) group: usize,
    pub(super) offset: usize,
    pub(super) width: Width,
}

/// How the records of one or several types are taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    /// Size of the payload; none when each record carries its own.
    pub(super) size: Option<usize>,
    /// By offset, not overlapping.
    pub(super) parts: Vec<Part>,
    /// Begin and end of what no part covers; of a dynamic type, the rest of the record is one more.
    pub(super) gaps: Vec<(usize, usize)>,
    /// The least size of a record that all parts lie in.
    pub(super) covered_end: usize,
}

/// The shapes of a layout's types.
#[derive(Debug)]
pub(super) struct Shapes {
    shapes: Vec<Shape>,
    /// By type index; none for indices that no record may have.
    of_type: Box<[Option<u16>; 256]>,
    families: Vec<Family>,
    /// By type index; none for dynamic types as well.
    family_of_type: Box<[Option<u16>; 256]>,
    widths: Vec<Width>,
}

/// Identity of a group.
#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    /// The bytes of floating-point numbers have nothing in common with those of others, so they are
    /// kept apart.
    Member { name: &'a str, bytes_before: usize, width: usize, is_floating_point: bool },
    /// A part that no member covers is known by its type and offset.
    Gap(usize, usize),
}

/// A member of a record type.
#[derive(Debug, Clone, Copy)]
struct Field<'a> {
    name: &'a str,
    offset: usize,
    size: usize,
    is_floating_point: bool,
}

impl Shapes {
    pub(super) fn of(table: &[TypeLayout]) -> Self {
        let mut shapes = Self {
            shapes: Vec::new(),
            of_type: Box::new([None; 256]),
            families: Vec::new(),
            family_of_type: Box::new([None; 256]),
            widths: Vec::new(),
        };
        let mut groups = HashMap::new();
        let queue_types = &table[..first_secondary(table).min(256)];
        for (index, layout) in queue_types.iter().enumerate() {
            let shape = shapes.shape_of(index, layout, &mut groups);
            shapes.family_of_type[index] = shapes.join_family(index as u8, &shape);
            let known = shapes.shapes.iter().position(|known| *known == shape);
            let place = known.unwrap_or_else(|| {
                shapes.shapes.push(shape);
                shapes.shapes.len() - 1
            });
            shapes.of_type[index] = Some(place as u16);
        }
        shapes
    }

    /// The shape of a type's records.
    #[inline]
    pub(super) fn of_type(&self, type_index: u8) -> Option<u16> {
        self.of_type[usize::from(type_index)]
    }

    pub(super) fn get(&self, shape: u16) -> &Shape {
        &self.shapes[usize::from(shape)]
    }

    /// The family of a type of fixed size.
    #[inline]
    pub(super) fn family_of_type(&self, type_index: u8) -> Option<u16> {
        self.family_of_type[usize::from(type_index)]
    }

    pub(super) fn family(&self, family: u16) -> &Family {
        &self.families[usize::from(family)]
    }

    /// The widths of all groups.
    pub(super) fn widths(&self) -> &[Width] {
        &self.widths
    }

    /// Type indices that records may have.
    pub(super) fn type_indices(&self) -> impl Iterator<Item = u8> {
        (0..=u8::MAX).filter(|index| self.of_type(*index).is_some())
    }

    /// Makes a type one of a family that admits it, or of a new one.
    fn join_family(&mut self, type_index: u8, shape: &Shape) -> Option<u16> {
        let known = self.families.iter().position(|family| family.admits(shape));
        let place = match known {
            Some(place) => place,
            None => {
                self.families.push(Family::of(shape)?);
                self.families.len() - 1
            }
        };
        self.families[place].add(type_index, shape);
        Some(place as u16)
    }

    fn shape_of<'a>(
        &mut self,
        index: usize,
        layout: &'a TypeLayout,
        groups: &mut HashMap<Key<'a>, usize>,
    ) -> Shape {
        let is_dynamic = layout.size == 0;
        let members = if is_dynamic { known_prefix(&layout.name) } else { members_of(layout) };
        let mut pieces = Vec::new();
        let mut covered = 0;
        for Field { name, offset, size, is_floating_point } in members {
            // Bytes that two members share go with the first.
            if offset < covered {
                continue;
            }
            covered = offset + size;
            for bytes_before in (0..size).step_by(8) {
                let width = (size - bytes_before).min(8);
                let key = Key::Member { name, bytes_before, width, is_floating_point };
                pieces.push((key, offset + bytes_before, width));
            }
        }
        pieces.truncate(PARTS_MAX);
        let size = layout.size as usize;
        let mut gaps =
            gaps_between(pieces.iter().map(|(_, offset, width)| (*offset, *width)), size);
        if gaps.iter().map(|(begin, end)| end - begin).sum::<usize>() <= GAP_BYTES_MAX {
            for (begin, end) in std::mem::take(&mut gaps) {
                for offset in (begin..end).step_by(8) {
                    pieces.push((Key::Gap(index, offset), offset, (end - offset).min(8)));
                }
            }
            pieces.sort_by_key(|(_, offset, _)| *offset);
        }
        let mut parts = Vec::with_capacity(pieces.len());
        for (key, offset, bytes) in pieces {
            let Some(width) = Width::new(bytes as u8) else { continue };
            let group = *groups.entry(key).or_insert_with(|| {
                self.widths.push(width);
                self.widths.len() - 1
            });
            parts.push(Part { group, offset, width });
        }
        let covered_end = parts.last().map_or(0, |part| part.offset + part.width.bytes());
        Shape { size: (!is_dynamic).then_some(size), parts, gaps, covered_end }
    }
}

/// The members that lie within the record, by offset.
fn members_of(layout: &TypeLayout) -> Vec<Field<'_>> {
    let inside =
        |offset: u32, size: u32| size > 0 && size <= layout.size && offset <= layout.size - size;
    let members = layout.members.iter().filter(|member| inside(member.offset, member.size));
    let mut members: Vec<_> = members
        .map(|member| Field {
            name: &member.name,
            offset: member.offset as usize,
            size: member.size as usize,
            is_floating_point: matches!(
                member.type_name.as_str(),
                "f32" | "f64" | "float" | "double"
            ),
        })
        .collect();
    members.sort_by_key(|member| member.offset);
    // A name that comes twice would be two members of one group in one record.
    let mut seen = Vec::with_capacity(members.len());
    members.retain(|Field { name, .. }| {
        let is_new = !seen.contains(name);
        seen.push(*name);
        is_new
    });
    members
}

/// The fixed fields that records of a dynamic type begin with. The names are those that fixed types
/// have, so that the values meet in one group.
fn known_prefix(type_name: &str) -> Vec<Field<'static>> {
    let fields: &[_] = match type_name {
        "LogStringEventV2" => {
            &[("desc", 0, 8), ("time", 8, 8), ("codec", 16, 1), ("text_bytes", 17, 4)]
        }
        "TaggedLogString" => &[
            ("desc", 0, 8),
            ("properties", 8, 8),
            ("time", 16, 8),
            ("codec", 24, 1),
            ("text_bytes", 25, 4),
        ],
        // How wide the rest of the target is, its type tells.
        "TaggedLogInteropEvent" | "LogStringInteropEventV3" => {
            &[("time", 0, 8), ("level", 8, 1), ("target", 9, 8)]
        }
        _ => &[],
    };
    let field = |&(name, offset, size)| Field { name, offset, size, is_floating_point: false };
    fields.iter().map(field).collect()
}

/// What lies between pieces that are sorted by offset.
pub(super) fn gaps_between(
    pieces: impl Iterator<Item = (usize, usize)>,
    size: usize,
) -> Vec<(usize, usize)> {
    let mut gaps = Vec::new();
    let mut end = 0;
    for (offset, width) in pieces {
        if offset > end {
            gaps.push((end, offset));
        }
        end = offset + width;
    }
    if size > end {
        gaps.push((end, size));
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemberLayout;
    use crate::types;

    fn parts(shape: &Shape) -> Vec<(usize, usize, usize)> {
        shape.parts.iter().map(|part| (part.group, part.offset, part.width.bytes())).collect()
    }

    #[test]
    fn members_of_one_name_and_width_share_a_group_across_types() {
        let shapes = Shapes::of(&types::thread_stream_layout().objects);
        let [begin, end, begin_async] = [0, 1, 2].map(|index| shapes.of_type(index).unwrap());
        assert_eq!(begin, end);
        assert_eq!(parts(shapes.get(begin)), [(0, 0, 8), (1, 8, 8)]);
        // span_desc, span_id, parent_span_id, time, depth, reserved
        let expected = [(2, 0, 8), (3, 8, 8), (4, 16, 8), (1, 24, 8), (5, 32, 4), (6, 36, 4)];
        assert_eq!(parts(shapes.get(begin_async)), expected);
        assert_eq!(shapes.of_type(types::thread_stream_layout().objects.len() as u8), None);
    }

    #[test]
    fn samples_share_all_but_their_values() {
        let shapes = Shapes::of(&types::metric_stream_layout().objects);
        let [integer, float] =
            [types::metrics::INTEGER_METRIC_EVENT, types::metrics::FLOAT_METRIC_EVENT]
                .map(|index| parts(shapes.get(shapes.of_type(index).unwrap())));
        assert_eq!((integer[0], integer[2]), (float[0], float[2]));
        assert_eq!((integer[1].1, integer[1].2), (float[1].1, float[1].2));
        assert_ne!(integer[1].0, float[1].0);
        let family = shapes.family_of_type(types::metrics::INTEGER_METRIC_EVENT);
        assert!(family.is_some());
        assert_eq!(shapes.family_of_type(types::metrics::FLOAT_METRIC_EVENT), family);
    }

    #[test]
    fn log_entries_with_text_share_the_clock_of_those_without() {
        let shapes = Shapes::of(&types::log_stream_layout().objects);
        let text = shapes.get(shapes.of_type(1).unwrap());
        assert_eq!((text.size, text.covered_end), (None, 21));
        let constant = shapes.get(shapes.of_type(types::log::LOG_STATIC_STR_EVENT).unwrap());
        assert_eq!(parts(text)[..2], parts(constant)[..]);
        let (clock, ..) = parts(constant)[1];
        let bridged = shapes.of_type(types::log::TAGGED_LOG_INTEROP_EVENT).unwrap();
        assert_eq!(parts(shapes.get(bridged))[0], (clock, 0, 8));
    }

    #[test]
    fn overlapping_wide_and_misplaced_members_leave_every_byte_in_one_place() {
        let member = |name: &str, offset, size| MemberLayout {
            name: name.into(),
            type_name: "u64".into(),
            offset,
            size,
            is_reference: false,
        };
        let layout =
            |size, members| TypeLayout { name: "T".into(), size, members, is_reference: false };
        let members = vec![
            member("wide", 1, 12),
            member("shadowed", 4, 4),
            member("outside", 18, 8),
            member("far", u32::MAX, u32::MAX),
            member("empty", 3, 0),
            member("small", 15, 2),
        ];
        let shapes = Shapes::of(&[layout(20, members.clone()), layout(500, members)]);
        let small = shapes.get(0);
        let expected = [(2, 0, 1), (0, 1, 8), (1, 9, 4), (4, 13, 2), (3, 15, 2), (5, 17, 3)];
        let by_place = |parts: &[(usize, usize, usize)]| {
            parts.iter().map(|(_, offset, width)| (*offset, *width)).collect::<Vec<_>>()
        };
        assert_eq!(by_place(&parts(small)), by_place(&expected));
        assert_eq!((small.gaps.len(), small.covered_end), (0, 20));
        let large = shapes.get(1);
        assert_eq!(large.gaps, [(0, 1), (13, 15), (17, 18), (26, 500)]);
    }
}
