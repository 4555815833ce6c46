//! The two counters that all reasoning about freshness and visibility rests on.

use std::fmt;

use chrono::{DateTime, Utc};

/// The number of a complete block, given once in the order in which blocks become visible.
///
/// Numbers start at 1; [`CommitSequence::ZERO`] is before the first block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CommitSequence(u64);

impl CommitSequence {
    /// Before the first block.
    pub const ZERO: Self = Self(0);
    /// The greatest number that a store can hold.
    pub const MAX: Self = Self(i64::MAX as u64);

    /// Makes a number; numbers above [`CommitSequence::MAX`] become it.
    pub const fn new(number: u64) -> Self {
        if number > Self::MAX.0 { Self::MAX } else { Self(number) }
    }

    /// The number.
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The next number.
    #[must_use]
    pub const fn next(self) -> Self {
        Self::new(self.0 + 1)
    }
}

impl fmt::Display for CommitSequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of a change of the ledger; each commit or retirement of partitions adds one.
///
/// [`LedgerVersion::ZERO`] is the empty ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LedgerVersion(u64);

impl LedgerVersion {
    /// The empty ledger.
    pub const ZERO: Self = Self(0);
    /// The greatest number that a store can hold.
    pub const MAX: Self = Self(i64::MAX as u64);

    /// Makes a number; numbers above [`LedgerVersion::MAX`] become it.
    pub const fn new(number: u64) -> Self {
        if number > Self::MAX.0 { Self::MAX } else { Self(number) }
    }

    /// The number.
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The next number.
    #[must_use]
    pub const fn next(self) -> Self {
        Self::new(self.0 + 1)
    }
}

impl fmt::Display for LedgerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One moment of the store, read in one transaction: what a query pins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Snapshot {
    /// Blocks with numbers up to this one exist; none below it will appear later.
    pub commit_sequence: CommitSequence,
    /// The state of the ledger.
    pub ledger_version: LedgerVersion,
    /// The `insert_time` of the newest group commit: processes and streams inserted up to it
    /// belong to the snapshot. The epoch while the store is empty.
    pub insert_time: DateTime<Utc>,
}

impl Snapshot {
    /// The snapshot of an empty store.
    pub const EMPTY: Self = Self {
        commit_sequence: CommitSequence::ZERO,
        ledger_version: LedgerVersion::ZERO,
        insert_time: DateTime::<Utc>::UNIX_EPOCH,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_within_what_a_store_can_hold() {
        assert_eq!(CommitSequence::new(u64::MAX), CommitSequence::MAX);
        assert_eq!(CommitSequence::MAX.next(), CommitSequence::MAX);
        assert_eq!(LedgerVersion::MAX.next(), LedgerVersion::MAX);
        assert_eq!(CommitSequence::ZERO.next().as_u64(), 1);
    }
}
