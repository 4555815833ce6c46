//! What decoding had to leave out.

/// Why a record could not be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LossReason {
    /// The record's type is not known by name; it was skipped by its size.
    UnknownType,
    /// The record's type is known, but its layout lacks a needed member or misplaces it.
    UnreadableType,
    /// The record is shorter than the fields it must have.
    RecordTooShort,
    /// The record refers to a dependency that the block does not define.
    MissingDependency,
    /// The id is defined already; the first definition is kept, so no event is lost.
    DuplicateDependency,
    /// A text has an unknown codec, or does not fit its record, or is half a UTF-16 unit short.
    InvalidText,
    /// A text, or all texts together, exceed [`Limits`](crate::Limits).
    TextLimitExceeded,
    /// The sets of a block hold more properties than [`Limits`](crate::Limits) allows.
    PropertyLimitExceeded,
    /// The columns derived from a type's reflection, or the values of a block's events, exceed
    /// [`Limits`](crate::Limits).
    DerivedLimitExceeded,
    /// The type index selects no type that records may have; the rest of the buffer is lost.
    InvalidTypeIndex,
    /// The record runs past the end of the buffer; the rest of the buffer is lost.
    TruncatedBuffer,
    /// The buffer holds more records than [`Limits`](crate::Limits) allows; the rest of it is lost.
    RecordLimitExceeded,
}

impl LossReason {
    /// Whether everything behind the record is lost as well, because its extent is unknown.
    pub fn ends_buffer(self) -> bool {
        matches!(self, Self::InvalidTypeIndex | Self::TruncatedBuffer | Self::RecordLimitExceeded)
    }

    /// The reason in a few words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownType => "unknown type",
            Self::UnreadableType => "unreadable type",
            Self::RecordTooShort => "record too short",
            Self::MissingDependency => "missing dependency",
            Self::DuplicateDependency => "duplicate dependency",
            Self::InvalidText => "invalid text",
            Self::TextLimitExceeded => "text limit exceeded",
            Self::PropertyLimitExceeded => "property limit exceeded",
            Self::DerivedLimitExceeded => "derived limit exceeded",
            Self::InvalidTypeIndex => "invalid type index",
            Self::TruncatedBuffer => "truncated buffer",
            Self::RecordLimitExceeded => "record limit exceeded",
        }
    }
}

impl std::fmt::Display for LossReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The losses of one buffer for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// Why.
    pub reason: LossReason,
    /// Number of records; one for everything behind a record that ends the buffer.
    pub count: u64,
    /// Index of the first of these records.
    pub first_record: u32,
    /// Offset of that record in the decompressed buffer.
    pub first_offset: usize,
}

/// All losses of one buffer, counted by reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Losses {
    by_reason: Vec<Loss>,
}

impl Losses {
    /// Whether nothing was lost.
    pub fn is_empty(&self) -> bool {
        self.by_reason.is_empty()
    }

    /// Number of records lost for `reason`.
    pub fn count(&self, reason: LossReason) -> u64 {
        self.iter().filter(|loss| loss.reason == reason).map(|loss| loss.count).sum()
    }

    /// Number of records lost for any reason.
    pub fn total(&self) -> u64 {
        self.iter().map(|loss| loss.count).sum()
    }

    /// Whether an unknown number of records behind the last decoded one is lost.
    pub fn buffer_ended_early(&self) -> bool {
        self.iter().any(|loss| loss.reason.ends_buffer())
    }

    /// The losses, one entry a reason, in the order in which reasons were met.
    pub fn iter(&self) -> impl Iterator<Item = &Loss> {
        self.by_reason.iter()
    }

    #[cold]
    pub(super) fn add(&mut self, reason: LossReason, record: u32, offset: usize) {
        match self.by_reason.iter_mut().find(|loss| loss.reason == reason) {
            Some(loss) => loss.count += 1,
            None => self.by_reason.push(Loss {
                reason,
                count: 1,
                first_record: record,
                first_offset: offset,
            }),
        }
    }
}
