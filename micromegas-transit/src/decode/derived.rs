//! Columns derived from the reflection of a type that nobody here knows by name.

use super::fields::{Scalar, i64_at, u16_at, u32_at, u64_at};

/// The events of one type, as columns that its reflection tells.
///
/// Integers are widened to 64 bits, floats too. A member of another type gives a column for each of
/// that type's members, called `member.inner`. A reference gives one column of texts or of property
/// sets, or, when it refers to a struct among the dependencies, a column for each of that struct's
/// members but its `id`; which of these, the first event tells whose reference is defined. The
/// references of such a struct give texts or property sets only. Members whose type cannot be read
/// give no column. There are at most
/// [`Limits::members_per_record`](crate::Limits::members_per_record) columns.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct EventColumns {
    /// Name of the type.
    pub type_name: String,
    /// Index of the event in its block.
    pub record: Vec<u32>,
    /// The columns, each as long as `record`.
    pub columns: Vec<EventColumn>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct EventColumn {
    /// Name of the member; dots lead into nested types and dependencies.
    pub name: String,
    /// The values; those that are not there are 0 or `false`.
    pub values: ColumnValues,
    /// Whether a row has a value; empty when all have one.
    pub present: Vec<bool>,
}

/// The values of a column.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ColumnValues {
    /// Integers without sign.
    Unsigned(Vec<u64>),
    /// Integers with sign.
    Signed(Vec<i64>),
    /// Floating-point numbers.
    Float(Vec<f64>),
    /// Truth values.
    Bool(Vec<bool>),
    /// Texts: indices into the block's strings.
    Text(Vec<i32>),
    /// Property sets: indices into the block's sets.
    Properties(Vec<i32>),
}

impl EventColumns {
    /// The first column called `name`.
    pub fn get(&self, name: &str) -> Option<&EventColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// Where a value of each row lies.
pub(super) enum Positions<'a> {
    /// At an offset from positions that all rows have, in bounds.
    Dense(&'a [u32], usize),
    /// At an offset from positions that some rows have.
    Sparse(&'a [Option<usize>], usize),
}

impl Positions<'_> {
    /// Reads a value for each row.
    fn gather<T: Default>(&self, read: impl Fn(usize) -> Option<T>) -> (Vec<T>, Vec<bool>) {
        match self {
            Self::Dense(positions, offset) => {
                let values = positions.iter().map(|position| read(*position as usize + offset));
                (values.map(Option::unwrap_or_default).collect(), Vec::new())
            }
            Self::Sparse(positions, offset) => {
                mark_absent(positions.iter().map(|position| read((*position)? + offset)))
            }
        }
    }
}

/// A column of numbers, read from `bytes`.
pub(super) fn scalar_column(
    name: &str,
    scalar: Scalar,
    bytes: &[u8],
    positions: &Positions<'_>,
) -> EventColumn {
    use ColumnValues::{Bool, Float, Signed, Unsigned};
    macro_rules! gather {
        ($values:expr, $read:expr) => {{
            let (values, present) = positions.gather($read);
            EventColumn { name: name.to_owned(), values: $values(values), present }
        }};
    }
    let byte = |at: usize| bytes.get(at).copied();
    match scalar {
        Scalar::Bool => gather!(Bool, |at| byte(at).map(|value| value != 0)),
        Scalar::U8 => gather!(Unsigned, |at| byte(at).map(u64::from)),
        Scalar::U16 => gather!(Unsigned, |at| u16_at(bytes, at).map(u64::from)),
        Scalar::U32 => gather!(Unsigned, |at| u32_at(bytes, at).map(u64::from)),
        Scalar::U64 => gather!(Unsigned, |at| u64_at(bytes, at)),
        Scalar::I8 => gather!(Signed, |at| byte(at).map(|v| v.cast_signed().into())),
        Scalar::I16 => gather!(Signed, |at| u16_at(bytes, at).map(|v| v.cast_signed().into())),
        Scalar::I32 => gather!(Signed, |at| u32_at(bytes, at).map(|v| v.cast_signed().into())),
        Scalar::I64 => gather!(Signed, |at| i64_at(bytes, at)),
        Scalar::F32 => gather!(Float, |at| u32_at(bytes, at).map(|v| f32::from_bits(v).into())),
        Scalar::F64 => gather!(Float, |at| u64_at(bytes, at).map(f64::from_bits)),
    }
}

/// Values that may be absent, and which of them are there; no marks when all are.
pub(super) fn mark_absent<T: Default>(
    rows: impl Iterator<Item = Option<T>>,
) -> (Vec<T>, Vec<bool>) {
    let mut values = Vec::with_capacity(rows.size_hint().0);
    let mut present = Vec::new();
    for row in rows {
        match row {
            Some(value) => {
                if !present.is_empty() {
                    present.push(true);
                }
                values.push(value);
            }
            None => {
                present.resize(values.len(), true);
                present.push(false);
                values.push(T::default());
            }
        }
    }
    (values, present)
}
