//! Columns as the text formats print them.

use std::sync::Arc;

use anyhow::Result;
use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, RecordBatch, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use crate::query::jsonb as binary_json;

/// Which columns have no text of their own and get one made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Textual {
    /// Binary columns: binary JSON as JSON, everything else in hexadecimal digits.
    Binary,
    /// Binary columns, and lists, structs and maps too.
    BinaryAndNested,
}

/// The schema after [`to_text`].
pub(crate) fn text_schema(schema: &Schema, textual: Textual) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| {
        if textual.covers(field.data_type()) {
            Arc::new(Field::new(field.name(), DataType::Utf8, true))
        } else {
            Arc::clone(field)
        }
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The batch with the columns that need it turned into text.
pub(crate) fn to_text(batch: &RecordBatch, textual: Textual) -> Result<RecordBatch> {
    let schema = text_schema(&batch.schema(), textual);
    let columns = batch.columns().iter().map(|column| match column.data_type() {
        data_type if !textual.covers(data_type) => Ok(Arc::clone(column)),
        data_type if is_binary(data_type) => binary_to_text(column),
        _ => nested_to_text(column),
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(schema, columns, &options)?)
}

impl Textual {
    fn covers(self, data_type: &DataType) -> bool {
        is_binary(data_type) || (self == Self::BinaryAndNested && data_type.is_nested())
    }
}

fn is_binary(data_type: &DataType) -> bool {
    match data_type {
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => true,
        DataType::Dictionary(_, values) => is_binary(values),
        _ => false,
    }
}

fn binary_to_text(column: &ArrayRef) -> Result<ArrayRef> {
    let binary = cast(column, &DataType::Binary)?;
    let binary: &BinaryArray = binary.as_binary();
    let mut text = StringBuilder::new();
    for value in binary {
        text.append_option(value.map(one_value));
    }
    Ok(Arc::new(text.finish()))
}

fn one_value(bytes: &[u8]) -> String {
    match binary_json::decode(bytes) {
        Some(value) => value.to_string(),
        None => bytes_to_text(bytes),
    }
}

/// Bytes in hexadecimal digits.
pub(crate) fn bytes_to_text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn nested_to_text(column: &ArrayRef) -> Result<ArrayRef> {
    let formatter = ArrayFormatter::try_new(column.as_ref(), &FormatOptions::default())?;
    let mut text = StringBuilder::new();
    for row in 0..column.len() {
        let value =
            column.is_valid(row).then(|| formatter.value(row).try_to_string()).transpose()?;
        text.append_option(value);
    }
    Ok(Arc::new(text.finish()))
}

#[cfg(test)]
mod tests {
    use arrow::array::ListArray;
    use arrow::datatypes::Int32Type;

    use super::*;

    #[test]
    fn binary_json_becomes_json_and_other_bytes_hexadecimal() {
        let json = r#"{"a":"b"}"#.parse::<jsonb::OwnedJsonb>().unwrap().to_vec();
        let values = vec![Some(json.as_slice()), Some(&[0x01, 0xAB][..]), None];
        let column: ArrayRef = Arc::new(BinaryArray::from(values));
        let batch = RecordBatch::try_from_iter([("p", column)]).unwrap();
        let text = to_text(&batch, Textual::Binary).unwrap();
        let text: Vec<Option<&str>> = text.column(0).as_string::<i32>().iter().collect();
        assert_eq!(text, [Some(r#"{"a":"b"}"#), Some("01ab"), None]);
    }

    #[test]
    fn nested_columns_become_text_only_where_asked() {
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1), None]), None]);
        let batch = RecordBatch::try_from_iter([("l", Arc::new(list) as ArrayRef)]).unwrap();
        assert_eq!(to_text(&batch, Textual::Binary).unwrap(), batch);
        let text = to_text(&batch, Textual::BinaryAndNested).unwrap();
        let text: Vec<Option<&str>> = text.column(0).as_string::<i32>().iter().collect();
        assert_eq!(text, [Some("[1, ]"), None]);
    }
}
