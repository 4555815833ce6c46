//! Decoded text as Arrow arrays.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, DictionaryArray, Int32Array, StringArray, TimestampNanosecondArray,
};
use datafusion::arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use datafusion::arrow::datatypes::Int32Type;
use datafusion::arrow::error::ArrowError;
use micromegas_transit::TextColumn;

/// A text column that takes over the decoder's buffers.
pub(crate) fn text(column: TextColumn) -> Result<StringArray, ArrowError> {
    let offsets = OffsetBuffer::new(ScalarBuffer::from(column.offsets));
    StringArray::try_new(offsets, Buffer::from_vec(column.bytes), None)
}

/// The values of dictionaries: a block's string table.
pub(crate) fn string_values(table: TextColumn) -> Result<ArrayRef, ArrowError> {
    Ok(Arc::new(text(table)?))
}

/// A symbol column: indices into a block's string table.
pub(crate) fn dictionary(indices: Vec<i32>, values: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let keys = Int32Array::new(ScalarBuffer::from(indices), None);
    Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, Arc::clone(values))?))
}

/// A time column of nanoseconds since the Unix epoch.
pub(crate) fn timestamps(ns: Vec<i64>) -> ArrayRef {
    Arc::new(TimestampNanosecondArray::new(ScalarBuffer::from(ns), None).with_timezone("+00:00"))
}
