//! One value of each record, out of the groups that hold it.

use std::hint::select_unpredictable;

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
    /// Whether all records have a value in one of two groups.
    is_of_one_each: bool,
    /// The next values of the groups.
    scratch: [[V::Value; CHUNK]; 2],
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
        let mut used = header.types.iter().map(|own| group_of_type[usize::from(own.index)]);
        let is_of_all = used.clone().all(|number| number == 1);
        let is_of_one_each = groups.len() == 2 && used.all(|number| number != 0);
        let groups = groups.iter().map(|group| values(*group)).collect();
        let scratch = [[V::Value::default(); CHUNK]; 2];
        Some(Self { groups, group_of_type, is_of_all, is_of_one_each, scratch })
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
        if let ([first, second], true) = (self.groups.as_mut_slice(), self.is_of_one_each) {
            let are_first = types.iter().map(|index| self.group_of_type[usize::from(*index)] == 1);
            let first_count = are_first.clone().map(usize::from).sum::<usize>();
            let [of_first, of_second] = &mut self.scratch;
            first.read(&mut of_first[..first_count]);
            second.read(&mut of_second[..types.len() - first_count]);
            merge(&self.scratch, are_first, out);
            return;
        }
        let Self { groups, group_of_type, scratch: [scratch, _], .. } = self;
        for (number, group) in (1..).zip(groups) {
            let have_one = types.iter().map(|index| group_of_type[usize::from(*index)] == number);
            let count = have_one.clone().map(usize::from).sum::<usize>();
            group.read(&mut scratch[..count]);
            spread(scratch, have_one, out);
        }
    }
}

// The types of records are hard to foresee, so there is no branch in what follows. Behind the last
// value of a chunk, none is used any more.

/// Gives each record the next value of the first group or of the second.
#[inline]
fn merge<T: Copy>(
    [first, second]: &[[T; CHUNK]; 2],
    are_first: impl Iterator<Item = bool>,
    out: &mut [T],
) {
    let mut used = 0;
    for (record, (out, is_first)) in out.iter_mut().zip(are_first).enumerate() {
        let others = (record - used) % CHUNK;
        *out = select_unpredictable(is_first, first[used % CHUNK], second[others]);
        used += usize::from(is_first);
    }
}

/// Gives each record that has a value the next one.
#[inline]
fn spread<T: Copy>(values: &[T; CHUNK], have_one: impl Iterator<Item = bool>, out: &mut [T]) {
    let mut used = 0;
    for (out, has_one) in out.iter_mut().zip(have_one) {
        *out = select_unpredictable(has_one, values[used % CHUNK], *out);
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
        merge(&[values, [3; CHUNK]], [true, false, false, true].into_iter(), &mut out);
        assert_eq!(out, [7, 3, 3, 8]);
        let mut all = [0; CHUNK];
        values[CHUNK - 1] = 9;
        spread(&values, std::iter::repeat(true), &mut all);
        assert_eq!(all, values);
        merge(&[[2; CHUNK], values], std::iter::repeat(false), &mut all);
        assert_eq!(all, values);
    }
}
