//! How the values of a group are written: as they are, or as differences.

use crate::{Error, Result};

/// What is done to a group's values before they are split into planes.
///
/// All arithmetic is modulo 2^(8·width). A signed difference d is stored as 2d where it is not
/// negative, and as -2d - 1 where it is, so that small differences of either sign are small numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Transform {
    /// All values are equal.
    #[default]
    Constant,
    /// Values as they are.
    Raw,
    /// The difference to the value before.
    Delta,
    /// The difference to the value before, signed.
    SignedDelta,
    /// The difference of that difference to the one before, signed.
    DeltaOfDelta,
}

impl Transform {
    /// Those that a plane is made with.
    pub(super) const CODED: [Self; 4] =
        [Self::Raw, Self::Delta, Self::SignedDelta, Self::DeltaOfDelta];

    /// Its number on the wire.
    pub(super) fn number(self) -> u8 {
        self as u8
    }

    /// The transform of a number.
    pub(super) fn of_number(number: u8, offset: usize) -> Result<Self> {
        let all = [Self::Constant, Self::Raw, Self::Delta, Self::SignedDelta, Self::DeltaOfDelta];
        let invalid = Error::InvalidPlanar { offset, reason: "unknown transform" };
        all.get(usize::from(number)).copied().ok_or(invalid)
    }
}

/// Values of 1 to 8 bytes, kept in 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Width(u8);

impl Default for Width {
    fn default() -> Self {
        Self(1)
    }
}

impl Width {
    /// 4 bytes.
    pub(super) const WORD32: Self = Self(4);

    /// A width in bytes.
    pub(super) fn new(bytes: u8) -> Option<Self> {
        (1..=8).contains(&bytes).then_some(Self(bytes))
    }

    pub(super) fn bytes(self) -> usize {
        self.0.into()
    }

    /// The bits that a value may have.
    #[inline]
    pub(super) fn mask(self) -> u64 {
        u64::MAX >> self.unused_bits()
    }

    fn unused_bits(self) -> u32 {
        64 - 8 * u32::from(self.0)
    }

    /// Stores a signed difference.
    #[inline]
    pub(super) fn fold(self, difference: u64) -> u64 {
        let signed = (difference << self.unused_bits()).cast_signed() >> self.unused_bits();
        ((signed << 1) ^ (signed >> 63)).cast_unsigned() & self.mask()
    }

    /// Takes back a signed difference; bits above the width are undefined.
    #[inline]
    pub(super) fn unfold(folded: u64) -> u64 {
        (folded >> 1) ^ (folded & 1).wrapping_neg()
    }
}

/// Where a run of differences continues: what the values before it left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seed {
    /// The value before the first.
    pub(super) value: u64,
    /// The difference before the first.
    pub(super) step: u64,
}

impl Seed {
    /// A seed that makes the first differences like the ones that follow.
    pub(super) fn before(values: &[u64], width: Width) -> Self {
        let first = values.first().copied().unwrap_or_default();
        let step = values.get(1).map_or(0, |second| second.wrapping_sub(first)) & width.mask();
        Self { value: first.wrapping_sub(step) & width.mask(), step }
    }

    /// Turns values into what is stored, in place.
    pub(super) fn apply(&mut self, transform: Transform, width: Width, values: &mut [u64]) {
        let mask = width.mask();
        match transform {
            Transform::Constant | Transform::Raw => {}
            Transform::Delta => self.differences(values, |difference| difference & mask),
            Transform::SignedDelta => self.differences(values, |difference| width.fold(difference)),
            Transform::DeltaOfDelta => {
                let mut before = self.step;
                self.differences(values, |difference| difference);
                for value in values {
                    let step = *value;
                    *value = width.fold(step.wrapping_sub(before));
                    before = step;
                }
                self.step = before & mask;
            }
        }
    }

    /// Each value becomes a function of its difference to the one before.
    #[inline]
    fn differences(&mut self, values: &mut [u64], stored: impl Fn(u64) -> u64) {
        let mut before = self.value;
        for value in values {
            let own = *value;
            *value = stored(own.wrapping_sub(before));
            before = own;
        }
        self.value = before;
    }

    /// Turns what is stored back into values, in place.
    pub(super) fn undo(&mut self, transform: Transform, width: Width, values: &mut [u64]) {
        let mask = width.mask();
        match transform {
            Transform::Constant | Transform::Raw => {}
            Transform::Delta => self.sums(values, mask, |stored| stored),
            Transform::SignedDelta => self.sums(values, mask, Width::unfold),
            Transform::DeltaOfDelta => {
                let mut step = self.step;
                for value in values.iter_mut() {
                    step = step.wrapping_add(Width::unfold(*value));
                    *value = step;
                }
                self.step = step;
                self.sums(values, mask, |step| step);
            }
        }
    }

    #[inline]
    fn sums(&mut self, values: &mut [u64], mask: u64, difference: impl Fn(u64) -> u64) {
        let mut sum = self.value;
        for value in values {
            sum = sum.wrapping_add(difference(*value));
            *value = sum & mask;
        }
        self.value = sum;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_transform_of_every_width_is_undone(
            values in proptest::collection::vec(any::<u64>(), 0..50),
            bytes in 1..=8_u8,
            cut in 0..50_usize,
        ) {
            let width = Width::new(bytes).unwrap();
            let values: Vec<_> = values.into_iter().map(|value| value & width.mask()).collect();
            for transform in Transform::CODED {
                let seed = Seed::before(&values, width);
                let (mut forth, mut back) = (seed, seed);
                let mut stored = values.clone();
                let (first, second) = stored.split_at_mut(cut.min(values.len()));
                forth.apply(transform, width, first);
                forth.apply(transform, width, second);
                prop_assert!(stored.iter().all(|stored| *stored <= width.mask()));
                let (first, second) = stored.split_at_mut(cut.min(values.len()) / 2);
                back.undo(transform, width, first);
                back.undo(transform, width, second);
                prop_assert_eq!(&stored, &values);
            }
        }
    }

    #[test]
    fn a_clock_that_runs_backwards_has_small_signed_differences() {
        let width = Width::new(8).unwrap();
        let mut values = [100, 97, 99];
        Seed { value: 100, step: 0 }.apply(Transform::SignedDelta, width, &mut values);
        assert_eq!(values, [0, 5, 4]);
    }

    #[test]
    fn numbers_are_those_of_the_format() {
        for (number, transform) in
            [(0, Transform::Constant), (1, Transform::Raw), (4, Transform::DeltaOfDelta)]
        {
            assert_eq!(transform.number(), number);
            assert_eq!(Transform::of_number(number, 0), Ok(transform));
        }
        assert!(Transform::of_number(5, 0).is_err());
    }
}
