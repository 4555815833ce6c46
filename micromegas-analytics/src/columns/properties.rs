//! Properties as JSONB objects.

use std::borrow::Cow;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BinaryArray, DictionaryArray, Int32Array};
use datafusion::arrow::buffer::ScalarBuffer;
use datafusion::arrow::datatypes::Int32Type;
use datafusion::arrow::error::ArrowError;

/// One JSONB object of text values. Of a name that occurs twice, the last value counts.
pub(crate) fn jsonb_object<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let object = pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), jsonb::Value::String(Cow::Borrowed(value))))
        .collect();
    jsonb::Value::Object(object).to_vec()
}

/// A properties column: `sets` are JSONB objects, `indices` say which one a row has; a negative
/// index means none, which is the empty object. Without indices, no row has one.
pub(crate) fn property_dictionary(
    sets: impl Iterator<Item = Vec<u8>>,
    indices: Vec<i32>,
    row_count: usize,
) -> Result<ArrayRef, ArrowError> {
    let mut values: Vec<Vec<u8>> = sets.collect();
    let none = values.len() as i32;
    values.push(jsonb_object([]));
    let mut indices = if indices.is_empty() { vec![none; row_count] } else { indices };
    for index in &mut indices {
        if *index < 0 {
            *index = none;
        }
    }
    let keys = Int32Array::new(ScalarBuffer::from(indices), None);
    let values = Arc::new(BinaryArray::from_iter_values(values));
    Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, values)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_reads_back_as_json() {
        let bytes = jsonb_object([("b", "2"), ("a", "x\"y")]);
        let text = jsonb::RawJsonb::new(&bytes).to_string();
        assert_eq!(text, r#"{"a":"x\"y","b":"2"}"#);
        assert_eq!(jsonb::RawJsonb::new(&jsonb_object([])).to_string(), "{}");
    }

    #[test]
    fn rows_without_properties_have_the_empty_object() {
        let sets = vec![jsonb_object([("a", "1")])];
        let column = property_dictionary(sets.into_iter(), vec![-1, 0, -1], 3).expect("valid");
        assert_eq!(column.len(), 3);
        assert_eq!(column.null_count(), 0);
        let column = property_dictionary(std::iter::empty(), Vec::new(), 2).expect("valid");
        assert_eq!((column.len(), column.null_count()), (2, 0));
    }
}
