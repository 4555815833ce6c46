//! Which types are taken apart together.

use super::shape::{Part, Shape};

/// How many groups a family may have for each of its parts. With more of them, looking for their
/// records costs more than taking the types apart one by one.
const GROUPS_PER_PART_MAX: usize = 4;

/// Types whose records are equally long, with parts and gaps at the same places. They may differ in
/// the groups of their parts, so a run of such records is taken apart in one go however they mix.
#[derive(Debug)]
pub(super) struct Family {
    /// Size of the payload.
    pub(super) size: usize,
    /// What goes into groups: by offset, then in the order of the types.
    pub(super) shares: Vec<Share>,
    /// As those of each shape.
    pub(super) gaps: Vec<(usize, usize)>,
    type_count: usize,
}

/// What one group gets of a family's records.
#[derive(Debug)]
pub(super) struct Share {
    pub(super) part: Part,
    /// Whether the records of a type have it, by type index.
    pub(super) is_of_type: Box<[bool; 256]>,
    /// How many types those are.
    type_count: usize,
}

impl Family {
    /// A family without types, for those of this shape; none for dynamic types, whose records have
    /// sizes of their own.
    pub(super) fn of(shape: &Shape) -> Option<Self> {
        let gaps = shape.gaps.clone();
        Some(Self { size: shape.size?, shares: Vec::new(), gaps, type_count: 0 })
    }

    /// Whether a type of this shape can be one of the family.
    pub(super) fn admits(&self, shape: &Shape) -> bool {
        // A group that is somewhere else in the shape would get its values out of order.
        let fits = |part: &Part| {
            let place = (part.offset, part.width);
            let mut places = self.shares.iter().map(|share| share.part);
            let is_known = places.clone().any(|own| (own.offset, own.width) == place);
            let is_elsewhere =
                places.any(|own| own.group == part.group && (own.offset, own.width) != place);
            is_known && !is_elsewhere
        };
        let is_new = |part: &&Part| self.shares.iter().all(|share| share.part != **part);
        // Parts and gaps cover each byte once, so parts at known places leave no place out.
        shape.size == Some(self.size)
            && shape.gaps == self.gaps
            && self.shares.len() + shape.parts.iter().filter(is_new).count()
                <= GROUPS_PER_PART_MAX * shape.parts.len()
            && shape.parts.iter().all(fits)
    }

    /// Whether all records have a share.
    pub(super) fn all_have(&self, share: &Share) -> bool {
        share.type_count == self.type_count
    }

    /// Adds a type of a shape that the family admits, or of the one that it was made for.
    pub(super) fn add(&mut self, type_index: u8, shape: &Shape) {
        self.type_count += 1;
        for part in &shape.parts {
            let known = self.shares.iter().position(|share| share.part == *part);
            let place = known.unwrap_or_else(|| {
                let is_of_type = Box::new([false; 256]);
                self.shares.push(Share { part: *part, is_of_type, type_count: 0 });
                self.shares.len() - 1
            });
            let share = &mut self.shares[place];
            share.is_of_type[usize::from(type_index)] = true;
            share.type_count += 1;
        }
        self.shares.sort_by_key(|share| share.part.offset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planar::transform::Width;

    fn shape(parts: &[(usize, usize, u8)]) -> Shape {
        let part = |(group, offset, bytes): &(usize, usize, u8)| Part {
            group: *group,
            offset: *offset,
            width: Width::new(*bytes).unwrap(),
        };
        let parts: Vec<_> = parts.iter().map(part).collect();
        Shape { size: Some(16), parts, gaps: Vec::new(), covered_end: 16 }
    }

    #[test]
    fn types_that_differ_in_groups_only_are_taken_apart_together() {
        let first = shape(&[(0, 0, 8), (1, 8, 8)]);
        let mut family = Family::of(&first).unwrap();
        family.add(3, &first);
        let second = shape(&[(2, 0, 8), (1, 8, 8)]);
        assert!(family.admits(&second));
        family.add(7, &second);
        let shares: Vec<_> = family
            .shares
            .iter()
            .map(|share| (share.part.group, share.is_of_type[3], share.is_of_type[7]))
            .collect();
        assert_eq!(shares, [(0, true, false), (2, false, true), (1, true, true)]);
        let of_all = family.shares.iter().map(|share| family.all_have(share));
        assert_eq!(of_all.collect::<Vec<_>>(), [false, false, true]);
    }

    #[test]
    fn a_group_that_lies_elsewhere_or_another_cut_make_another_family() {
        let first = shape(&[(0, 0, 8), (1, 8, 8)]);
        let mut family = Family::of(&first).unwrap();
        family.add(0, &first);
        assert!(!family.admits(&shape(&[(1, 0, 8), (0, 8, 8)])));
        assert!(!family.admits(&shape(&[(2, 0, 8), (0, 8, 8)])));
        assert!(!family.admits(&shape(&[(2, 0, 8), (3, 8, 4), (4, 12, 4)])));
        let with_gap = Shape { gaps: vec![(8, 16)], ..shape(&[(0, 0, 8)]) };
        assert!(!family.admits(&with_gap));
        assert!(!family.admits(&Shape { size: Some(24), ..first.clone() }));
        assert!(Family::of(&Shape { size: None, ..first }).is_none());
    }

    #[test]
    fn a_family_has_few_groups() {
        let mut family = Family::of(&shape(&[(0, 0, 8), (1, 8, 8)])).unwrap();
        let shapes = (0..20).map(|number| shape(&[(2 * number, 0, 8), (2 * number + 1, 8, 8)]));
        let mut type_count = 0;
        for shape in shapes {
            if type_count == 0 || family.admits(&shape) {
                family.add(type_count, &shape);
                type_count += 1;
            }
        }
        assert_eq!(usize::from(type_count), GROUPS_PER_PART_MAX);
    }
}
