//! Where a value lies in a record, and reading it from there.

/// A number that built-in columns are made of.
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
    /// A number of another width at the offset.
    Scalar(Scalar, usize),
}

/// Everything that a member may hold besides references and other types, little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar {
    Bool,
    U8,
    U16,
    U32,
    U64,
    I8,
    I16,
    I32,
    I64,
    F32,
    F64,
}

impl Scalar {
    /// The number that a type name of Rust or C++ stands for. Published decoders read `u8`, `u32`,
    /// `u64`, `i64` and `f64` only; ours reads what those clients may send in the future.
    pub(super) fn named(type_name: &str) -> Option<Self> {
        Some(match type_name {
            "bool" => Self::Bool,
            "u8" | "uint8" => Self::U8,
            "u16" | "uint16" => Self::U16,
            "u32" | "uint32" => Self::U32,
            "u64" | "uint64" | "usize" => Self::U64,
            "i8" | "int8" => Self::I8,
            "i16" | "int16" => Self::I16,
            "i32" | "int32" => Self::I32,
            "i64" | "int64" | "isize" => Self::I64,
            "f32" | "float" => Self::F32,
            "f64" | "double" => Self::F64,
            _ => return None,
        })
    }

    /// Size in bytes.
    pub(super) fn size(self) -> u32 {
        match self {
            Self::Bool | Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    /// A field of this kind at an offset.
    pub(super) fn field(self, offset: usize) -> Field {
        match self {
            Self::U8 => Field::Number(Number::U8, offset),
            Self::U32 => Field::Number(Number::U32, offset),
            Self::U64 => Field::Number(Number::U64, offset),
            Self::I64 => Field::Number(Number::I64, offset),
            Self::F64 => Field::Number(Number::F64, offset),
            other => Field::Scalar(other, offset),
        }
    }
}

impl Field {
    /// The offset of an id.
    pub(super) fn reference(self) -> Option<usize> {
        match self {
            Self::Reference(offset) => Some(offset),
            Self::Number(..) | Self::Scalar(..) => None,
        }
    }

    /// The offset of a 64-bit integer; signed and unsigned accept each other, bit by bit.
    pub(super) fn word(self) -> Option<usize> {
        match self {
            Self::Number(Number::U64 | Number::I64, offset) => Some(offset),
            _ => None,
        }
    }

    /// The place of an integer that fits 32 bits, however wide it is stored.
    pub(super) fn small(self) -> Option<SmallField> {
        let (offset, width) = match self {
            Self::Number(Number::U8, offset) | Self::Scalar(Scalar::Bool, offset) => (offset, 1),
            Self::Scalar(Scalar::U16, offset) => (offset, 2),
            Self::Number(Number::U32, offset) | Self::Scalar(Scalar::I32, offset) => (offset, 4),
            Self::Number(Number::U64 | Number::I64, offset) => (offset, 8),
            _ => return None,
        };
        Some(SmallField { offset, width })
    }
}

/// A `u32` that clients store in one, two, four or eight bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SmallField {
    offset: usize,
    width: u8,
}

impl SmallField {
    /// An integer of one byte.
    pub(super) fn byte(offset: usize) -> Self {
        Self { offset, width: 1 }
    }

    /// An integer of four bytes.
    pub(super) fn word(offset: usize) -> Self {
        Self { offset, width: 4 }
    }

    /// The offset of a value of four bytes.
    pub(super) fn half_word(self) -> Option<usize> {
        (self.width == 4).then_some(self.offset)
    }

    /// Reads the value; one that does not fit becomes the greatest that does.
    #[inline]
    pub(super) fn read(self, record: &[u8]) -> Option<u32> {
        match self.width {
            1 => record.get(self.offset).map(|byte| u32::from(*byte)),
            2 => u16_at(record, self.offset).map(u32::from),
            4 => u32_at(record, self.offset),
            _ => u64_at(record, self.offset).map(|wide| u32::try_from(wide).unwrap_or(u32::MAX)),
        }
    }
}

#[inline]
pub(super) fn u16_at(record: &[u8], offset: usize) -> Option<u16> {
    record.get(offset..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
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
