//! Coverage: the set of commit sequence numbers that a partition answers for.

use std::fmt;
use std::ops::RangeInclusive;

use roaring::RoaringTreemap;

use crate::error::{Error, Result};
use crate::sequence::CommitSequence;

/// A set of commit sequence numbers, as runs.
///
/// A partition of scope [`All`](crate::Scope::All) made from a range of the sequence covers the
/// whole range, blocks of other tags included (they contribute nothing), except blocks that
/// failed. Its stored form is the portable serialisation of a 64-bit roaring bitmap.
#[derive(Clone, PartialEq, Default)]
pub struct Coverage(RoaringTreemap);

impl Coverage {
    /// Covers nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Covers the half-open range `(after, up_to]`, the shape in which fresh blocks are read.
    pub fn from_range(after: CommitSequence, up_to: CommitSequence) -> Self {
        let mut coverage = Self::new();
        coverage.insert_range(after, up_to);
        coverage
    }

    /// Adds one number; `false` if it was covered.
    pub fn insert(&mut self, sequence: CommitSequence) -> bool {
        self.0.insert(sequence.as_u64())
    }

    /// Adds the half-open range `(after, up_to]`.
    pub fn insert_range(&mut self, after: CommitSequence, up_to: CommitSequence) {
        if after < up_to {
            self.0.insert_range(after.as_u64() + 1..=up_to.as_u64());
        }
    }

    /// Takes one number out, such as a block that could not be read; `false` if it was not in.
    pub fn remove(&mut self, sequence: CommitSequence) -> bool {
        self.0.remove(sequence.as_u64())
    }

    /// Whether the number is covered.
    pub fn contains(&self, sequence: CommitSequence) -> bool {
        self.0.contains(sequence.as_u64())
    }

    /// How many numbers are covered.
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    /// Whether nothing is covered.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The least number covered.
    pub fn first(&self) -> Option<CommitSequence> {
        self.0.min().map(CommitSequence::new)
    }

    /// The greatest number covered.
    pub fn last(&self) -> Option<CommitSequence> {
        self.0.max().map(CommitSequence::new)
    }

    /// Whether some number is in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        !self.0.is_disjoint(&other.0)
    }

    /// Adds all numbers of the other.
    pub fn union_with(&mut self, other: &Self) {
        self.0 |= &other.0;
    }

    /// Takes out all numbers of the other.
    pub fn subtract(&mut self, other: &Self) {
        self.0 -= &other.0;
    }

    /// The numbers of `(after, up_to]` that are not covered, as runs in order.
    ///
    /// With the union of a view's partitions, these are where its fresh blocks are.
    pub fn gaps(&self, after: CommitSequence, up_to: CommitSequence) -> Vec<RangeInclusive<u64>> {
        let mut missing = Self::from_range(after, up_to);
        missing.subtract(self);
        missing.runs()
    }

    /// The covered numbers as runs in order.
    pub fn runs(&self) -> Vec<RangeInclusive<u64>> {
        let mut runs = Vec::new();
        let mut next = self.0.min();
        while let Some(first) = next {
            let last = self.end_of_run(first);
            runs.push(first..=last);
            let mut rest = self.0.iter();
            rest.advance_to(last + 1);
            next = rest.next();
        }
        runs
    }

    /// The numbers in order.
    pub fn iter(&self) -> impl Iterator<Item = CommitSequence> + '_ {
        self.0.iter().map(CommitSequence::new)
    }

    /// The last number of the run that starts at `first`, found by doubling and halving.
    fn end_of_run(&self, first: u64) -> u64 {
        let whole = |last: u64| self.0.contains_range(first..=last);
        let mut step = 1;
        while whole(first.saturating_add(step)) {
            step *= 2;
        }
        let (mut inside, mut outside) = (first + step / 2, first.saturating_add(step));
        while outside - inside > 1 {
            let middle = inside + (outside - inside) / 2;
            if whole(middle) {
                inside = middle;
            } else {
                outside = middle;
            }
        }
        inside
    }

    /// The stored form, with runs where they are smaller.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut runs = self.0.clone();
        runs.optimize();
        let mut bytes = Vec::with_capacity(runs.serialized_size());
        runs.serialize_into(&mut bytes).expect("writing to a vector cannot fail");
        bytes
    }

    /// Reads the stored form.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the bytes are not one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        RoaringTreemap::deserialize_from(bytes)
            .map(Self)
            .map_err(|source| Error::corrupt_from("coverage", "it is not a bitmap", source))
    }
}

impl FromIterator<CommitSequence> for Coverage {
    fn from_iter<I: IntoIterator<Item = CommitSequence>>(numbers: I) -> Self {
        Self(numbers.into_iter().map(CommitSequence::as_u64).collect())
    }
}

impl fmt::Debug for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.runs()).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sequence(number: u64) -> CommitSequence {
        CommitSequence::new(number)
    }

    #[test]
    fn a_range_excludes_its_lower_bound() {
        let coverage = Coverage::from_range(sequence(3), sequence(5));
        assert!(!coverage.contains(sequence(3)));
        assert_eq!(coverage.runs(), [4..=5]);
        assert!(Coverage::from_range(sequence(5), sequence(5)).is_empty());
    }

    #[test]
    fn a_long_run_is_stored_in_few_bytes() {
        let coverage = Coverage::from_range(sequence(0), sequence(5_000_000));
        let bytes = coverage.to_bytes();
        assert!(bytes.len() < 2_000, "{} bytes", bytes.len());
        assert_eq!(Coverage::from_bytes(&bytes).unwrap(), coverage);
        assert_eq!(coverage.runs(), [1..=5_000_000]);
    }

    #[test]
    fn bytes_that_are_no_bitmap_are_corrupt() {
        let error = Coverage::from_bytes(&[1, 2, 3]).unwrap_err();
        assert!(matches!(error, Error::Corrupt { .. }));
    }

    proptest! {
        #[test]
        fn gaps_and_runs_split_a_range(numbers in proptest::collection::btree_set(1u64..300, 0..100)) {
            let coverage: Coverage = numbers.iter().copied().map(sequence).collect();
            let covered: Vec<u64> = coverage.runs().into_iter().flatten().collect();
            prop_assert_eq!(covered, numbers.iter().copied().collect::<Vec<_>>());
            let missing: Vec<u64> = coverage.gaps(sequence(0), sequence(300)).into_iter().flatten().collect();
            let expected: Vec<u64> = (1..=300).filter(|n| !numbers.contains(n)).collect();
            prop_assert_eq!(missing, expected);
            prop_assert_eq!(Coverage::from_bytes(&coverage.to_bytes()).unwrap(), coverage);
        }
    }
}
