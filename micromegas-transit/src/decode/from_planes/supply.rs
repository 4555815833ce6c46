//! One value of each record, out of the groups that hold it.

use super::CHUNK;
use super::ids::Descriptors;
use crate::planar::{Header, ValueReader};

/// How many groups may hold the values. For each of them, all records are walked over once.
const GROUPS_MAX: usize = 4;

/// Walks over values.
pub(super) trait Values {
    /// What a value is.
    type Value: Copy + Default;

    /// Fills `out` with the next values; what there is too much of it is left as it is.
    fn read(&mut self, out: &mut [Self::Value]);
}

impl Values for ValueReader<'_> {
    type Value = u64;

    #[inline]
    fn read(&mut self, out: &mut [u64]) {
        Self::read(self, out);
    }
}

impl Values for Descriptors<'_> {
    type Value = u32;

    #[inline]
    fn read(&mut self, out: &mut [u32]) {
        Self::read(self, out);
    }
}

/// The values of the records of a block at one of the wanted places.
#[derive(Debug)]
pub(super) struct Supply<V: Values> {
    groups: Vec<V>,
    /// For each type index: one more than the number of the group that has the value of its
    /// records, 0 if there is none.
    group_of_type: [u8; 256],
    /// Whether the values of the first group are those of all records.
    is_of_all: bool,
    /// The next values of one group.
    scratch: [V::Value; CHUNK],
}

impl<V: Values> Supply<V> {
    /// The values of some of the block's groups; none if they are too many, or a type has a value
    /// in more than one of them.
    pub(super) fn of(
        header: &Header,
        groups: &[usize],
        values: impl Fn(usize) -> V,
    ) -> Option<Self> {
        if groups.len() > GROUPS_MAX {
            return None;
        }
        let mut group_of_type = [0; 256];
        for (number, group) in (1..).zip(groups) {
            for member in &header.groups[*group].members {
                let own = &mut group_of_type[usize::from(header.types[member.slot].index)];
                if *own != 0 {
                    return None;
                }
                *own = number;
            }
        }
        let is_in_first = |index: u8| group_of_type[usize::from(index)] == 1;
        let is_of_all = header.types.iter().all(|present| is_in_first(present.index));
        let groups = groups.iter().map(|group| values(*group)).collect();
        let scratch = [V::Value::default(); CHUNK];
        Some(Self { groups, group_of_type, is_of_all, scratch })
    }

    /// Fills `out` with the values of the next records, whose types are given, a chunk at most.
    /// Those of records without a value are undefined.
    pub(super) fn read(&mut self, types: &[u8], out: &mut [V::Value]) {
        if self.is_of_all {
            if let Some(group) = self.groups.first_mut() {
                group.read(out);
            }
            return;
        }
        let Self { groups, group_of_type, scratch, .. } = self;
        for (number, group) in (1..).zip(groups) {
            let have_one = types.iter().map(|index| group_of_type[usize::from(*index)] == number);
            let count = have_one.clone().map(usize::from).sum::<usize>();
            group.read(&mut scratch[..count]);
            spread(scratch, have_one, out);
        }
    }
}

/// Gives each record that has a value the next one.
#[inline]
fn spread<T: Copy>(values: &[T; CHUNK], have_one: impl Iterator<Item = bool>, out: &mut [T]) {
    let mut used = 0;
    for (out, has_one) in out.iter_mut().zip(have_one) {
        // The types of records are hard to foresee, so there is no branch here. Behind the last
        // value of a chunk, none is used any more.
        *out = std::hint::select_unpredictable(has_one, values[used % CHUNK], *out);
        used += usize::from(has_one);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_to_the_records_that_have_one() {
        let mut values = [0; CHUNK];
        (values[0], values[1]) = (7, 8);
        let mut out = [1; 4];
        spread(&values, [false, true, false, true].into_iter(), &mut out);
        assert_eq!(out, [1, 7, 1, 8]);
        let mut all = [0; CHUNK];
        values[CHUNK - 1] = 9;
        spread(&values, std::iter::repeat(true), &mut all);
        assert_eq!(all, values);
    }
}
