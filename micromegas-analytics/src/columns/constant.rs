//! Columns that hold one value for a whole block.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BinaryArray, DictionaryArray, Int32Array, StringArray, TimestampNanosecondArray,
};
use datafusion::arrow::buffer::ScalarBuffer;
use datafusion::arrow::datatypes::Int32Type;

/// A dictionary of a single value, of which a column of any length is made.
#[derive(Debug, Clone)]
pub(crate) struct ConstantColumn {
    values: ArrayRef,
}

impl ConstantColumn {
    /// A symbol (`Dictionary(Int32, Utf8)`).
    pub(crate) fn symbol(value: &str) -> Self {
        Self { values: Arc::new(StringArray::from_iter_values([value])) }
    }

    /// Properties (`Dictionary(Int32, Binary)`) that are JSONB already.
    pub(crate) fn properties(jsonb: &[u8]) -> Self {
        Self { values: Arc::new(BinaryArray::from_iter_values([jsonb])) }
    }

    /// The column for `row_count` rows.
    pub(crate) fn column(&self, row_count: usize) -> ArrayRef {
        let keys = Int32Array::new(ScalarBuffer::from(vec![0_i32; row_count]), None);
        let values =
            if row_count == 0 { self.values.slice(0, 0) } else { Arc::clone(&self.values) };
        Arc::new(DictionaryArray::<Int32Type>::new(keys, values))
    }
}

/// A time column in which every row has the same value.
pub(crate) fn constant_timestamp(ns: i64, row_count: usize) -> ArrayRef {
    Arc::new(TimestampNanosecondArray::from_value(ns, row_count).with_timezone("+00:00"))
}
