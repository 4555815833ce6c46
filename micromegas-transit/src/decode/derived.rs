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

impl EventColumn {
    /// An empty column of numbers with room for so many rows.
    pub(super) fn of_scalars(name: String, scalar: Scalar, row_count: usize) -> Self {
        use ColumnValues::{Bool, Float, Signed, Unsigned};
        let values = match scalar {
            Scalar::Bool => Bool(Vec::with_capacity(row_count)),
            Scalar::U8 | Scalar::U16 | Scalar::U32 | Scalar::U64 => {
                Unsigned(Vec::with_capacity(row_count))
            }
            Scalar::I8 | Scalar::I16 | Scalar::I32 | Scalar::I64 => {
                Signed(Vec::with_capacity(row_count))
            }
            Scalar::F32 | Scalar::F64 => Float(Vec::with_capacity(row_count)),
        };
        Self { name, values, present: Vec::new() }
    }

    /// An empty column of texts with room for so many rows.
    pub(super) fn of_texts(name: String, row_count: usize) -> Self {
        let values = ColumnValues::Text(Vec::with_capacity(row_count));
        Self { name, values, present: Vec::new() }
    }

    /// Makes a column of texts, none of which is there yet, one of property sets.
    pub(super) fn become_sets(&mut self) {
        if let ColumnValues::Text(indices) = &mut self.values {
            self.values = ColumnValues::Properties(std::mem::take(indices));
        }
    }

    /// Adds the numbers that lie at these places of `bytes`.
    pub(super) fn extend_scalars(
        &mut self,
        scalar: Scalar,
        bytes: &[u8],
        places: impl Iterator<Item = Option<usize>>,
    ) {
        use ColumnValues::{Bool, Float, Signed, Unsigned};
        let present = &mut self.present;
        macro_rules! extend {
            ($values:expr, $read:expr) => {
                extend($values, present, places.map(|place| place.and_then($read)))
            };
        }
        let byte = |at: usize| bytes.get(at).copied();
        match (scalar, &mut self.values) {
            (Scalar::Bool, Bool(to)) => extend!(to, |at| byte(at).map(|value| value != 0)),
            (Scalar::U8, Unsigned(to)) => extend!(to, |at| byte(at).map(u64::from)),
            (Scalar::U16, Unsigned(to)) => extend!(to, |at| u16_at(bytes, at).map(u64::from)),
            (Scalar::U32, Unsigned(to)) => extend!(to, |at| u32_at(bytes, at).map(u64::from)),
            (Scalar::U64, Unsigned(to)) => extend!(to, |at| u64_at(bytes, at)),
            (Scalar::I8, Signed(to)) => extend!(to, |at| byte(at).map(|v| v.cast_signed().into())),
            (Scalar::I16, Signed(to)) => {
                extend!(to, |at| u16_at(bytes, at).map(|v| v.cast_signed().into()));
            }
            (Scalar::I32, Signed(to)) => {
                extend!(to, |at| u32_at(bytes, at).map(|v| v.cast_signed().into()));
            }
            (Scalar::I64, Signed(to)) => extend!(to, |at| i64_at(bytes, at)),
            (Scalar::F32, Float(to)) => {
                extend!(to, |at| u32_at(bytes, at).map(|v| f32::from_bits(v).into()));
            }
            (Scalar::F64, Float(to)) => extend!(to, |at| u64_at(bytes, at).map(f64::from_bits)),
            _ => debug_assert!(false, "a column holds what it was made for"),
        }
    }

    /// Adds indices of texts or of property sets.
    pub(super) fn extend_indices(&mut self, indices: impl Iterator<Item = Option<i32>>) {
        if let ColumnValues::Text(to) | ColumnValues::Properties(to) = &mut self.values {
            extend(to, &mut self.present, indices);
        }
    }
}

/// Adds values that may be absent, and marks which of them are there; no marks as long as all are.
/// The marks get the room that the values have.
fn extend<T: Default>(
    values: &mut Vec<T>,
    present: &mut Vec<bool>,
    rows: impl Iterator<Item = Option<T>>,
) {
    for row in rows {
        if row.is_none() && present.is_empty() {
            present.reserve_exact(values.capacity());
            present.resize(values.len(), true);
        }
        if row.is_none() || !present.is_empty() {
            present.push(row.is_some());
        }
        values.push(row.unwrap_or_default());
    }
}
