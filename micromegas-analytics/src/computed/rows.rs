//! Values of the rows of a batch, by the names of columns.

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{Int32Type, Int64Type, TimestampNanosecondType};
use datafusion::error::{DataFusionError, Result};

/// A batch whose columns are known; other types than the expected ones are an error.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    batch: &'a RecordBatch,
}

impl<'a> Rows<'a> {
    pub(super) fn new(batch: &'a RecordBatch) -> Self {
        Self { batch }
    }

    pub(super) fn len(&self) -> usize {
        self.batch.num_rows()
    }

    fn column(&self, name: &str) -> Result<&'a dyn Array> {
        let column = self.batch.column_by_name(name);
        column.map(AsRef::as_ref).ok_or_else(|| unexpected(name))
    }

    pub(super) fn integer(&self, name: &str, row: usize) -> Result<i64> {
        let column = self.column(name)?.as_primitive_opt::<Int64Type>();
        Ok(column.ok_or_else(|| unexpected(name))?.value(row))
    }

    pub(super) fn time(&self, name: &str, row: usize) -> Result<Option<i64>> {
        let column = self.column(name)?.as_primitive_opt::<TimestampNanosecondType>();
        let column = column.ok_or_else(|| unexpected(name))?;
        Ok(column.is_valid(row).then(|| column.value(row)))
    }

    /// A text, which may be in a dictionary; empty for NULL.
    pub(super) fn text(&self, name: &str, row: usize) -> Result<&'a str> {
        let column = self.column(name)?;
        if let Some(texts) = column.as_string_opt::<i32>() {
            return Ok(if texts.is_valid(row) { texts.value(row) } else { "" });
        }
        let symbols = column.as_dictionary_opt::<Int32Type>().ok_or_else(|| unexpected(name))?;
        let values = symbols.values().as_string_opt::<i32>().ok_or_else(|| unexpected(name))?;
        Ok(symbols.key(row).map_or("", |key| values.value(key)))
    }

    /// The JSONB of a properties column.
    pub(super) fn properties(&self, name: &str, row: usize) -> Result<&'a [u8]> {
        let symbols = self.column(name)?.as_dictionary_opt::<Int32Type>();
        let symbols = symbols.ok_or_else(|| unexpected(name))?;
        let values = symbols.values().as_binary_opt::<i32>().ok_or_else(|| unexpected(name))?;
        Ok(symbols.key(row).map_or(&[][..], |key| values.value(key)))
    }

    /// An id of a fixed size.
    pub(super) fn id<const SIZE: usize>(
        &self,
        name: &str,
        row: usize,
    ) -> Result<Option<[u8; SIZE]>> {
        let ids = self.column(name)?.as_fixed_size_binary_opt();
        let ids = ids.ok_or_else(|| unexpected(name))?;
        if ids.is_null(row) {
            return Ok(None);
        }
        ids.value(row).try_into().map(Some).map_err(|_| unexpected(name))
    }
}

fn unexpected(name: &str) -> DataFusionError {
    DataFusionError::Internal(format!("the column {name} is not what it is expected to be"))
}
