//! Where a value lies in a record, and reading it from there.

/// A little-endian number at an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    U8,
    U32,
    U64,
    I64,
    F64,
}

/// A value that a plan wants, resolved to its place in the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// The id of a dependency, in the 8 bytes at the offset.
    Reference(usize),
    /// A number at the offset.
    Number(Number, usize),
}

impl Field {
    /// The offset of an id.
    pub(super) fn reference(self) -> Option<usize> {
        match self {
            Self::Reference(offset) => Some(offset),
            Self::Number(..) => None,
        }
    }

    /// The offset of a 64-bit integer; signed and unsigned accept each other, bit by bit.
    pub(super) fn word(self) -> Option<usize> {
        match self {
            Self::Number(Number::U64 | Number::I64, offset) => Some(offset),
            _ => None,
        }
    }

    /// The place of a 32-bit integer, which may be stored in a byte.
    pub(super) fn small(self) -> Option<SmallField> {
        match self {
            Self::Number(Number::U32, offset) => Some(SmallField { offset, is_byte: false }),
            Self::Number(Number::U8, offset) => Some(SmallField { offset, is_byte: true }),
            _ => None,
        }
    }
}

/// A `u32` that some clients store as `u8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SmallField {
    pub(super) offset: usize,
    pub(super) is_byte: bool,
}

impl SmallField {
    #[inline]
    pub(super) fn read(self, record: &[u8]) -> Option<u32> {
        if self.is_byte {
            record.get(self.offset).map(|byte| u32::from(*byte))
        } else {
            u32_at(record, self.offset)
        }
    }
}

#[inline]
pub(super) fn u32_at(record: &[u8], offset: usize) -> Option<u32> {
    record.get(offset..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

#[inline]
pub(super) fn u64_at(record: &[u8], offset: usize) -> Option<u64> {
    record.get(offset..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

#[inline]
pub(super) fn i64_at(record: &[u8], offset: usize) -> Option<i64> {
    u64_at(record, offset).map(u64::cast_signed)
}
