//! Columns of JSONB in the forms in which SQL may pass them.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, DictionaryArray, Int32Array, StringArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int32Type};
use datafusion::error::Result;

/// JSONB values, each distinct one once.
pub(super) struct JsonbColumn {
    dictionary: DictionaryArray<Int32Type>,
}

/// Whether a type can hold JSONB.
pub(super) fn is_jsonb(data_type: &DataType) -> bool {
    match data_type {
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::Null => true,
        DataType::Dictionary(_, values) => is_jsonb(values),
        _ => false,
    }
}

/// Whether a type is text in any form.
pub(super) fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// Text in any form as an array of `Utf8`.
pub(super) fn texts(array: &ArrayRef) -> Result<StringArray> {
    Ok(cast(array, &DataType::Utf8)?.as_string::<i32>().clone())
}

impl JsonbColumn {
    pub(super) fn try_new(array: &ArrayRef) -> Result<Self> {
        let target = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Binary));
        let array =
            if array.data_type() == &target { Arc::clone(array) } else { cast(array, &target)? };
        Ok(Self { dictionary: array.as_dictionary::<Int32Type>().clone() })
    }

    /// The value of a row.
    pub(super) fn value(&self, row: usize) -> Option<&[u8]> {
        let values = self.dictionary.values().as_binary::<i32>();
        let key = self.dictionary.key(row)?;
        (!values.is_null(key)).then(|| values.value(key))
    }

    /// A text for each row, computed once for each distinct value.
    pub(super) fn map_to_texts(&self, map: impl Fn(&[u8]) -> Option<String>) -> Result<ArrayRef> {
        let mapped = self.map_values(map);
        self.with_values(&mapped, Arc::new(StringArray::from_iter(&mapped)))
    }

    /// A JSONB value for each row, computed once for each distinct value.
    pub(super) fn map_to_jsonb(&self, map: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Result<ArrayRef> {
        let mapped = self.map_values(map);
        self.with_values(&mapped, Arc::new(BinaryArray::from_iter(&mapped)))
    }

    fn map_values<T>(&self, map: impl Fn(&[u8]) -> Option<T>) -> Vec<Option<T>> {
        self.dictionary
            .values()
            .as_binary::<i32>()
            .iter()
            .map(|value| value.and_then(&map))
            .collect()
    }

    /// The same keys with other values; a row whose value is NULL has a NULL key.
    fn with_values<T>(&self, mapped: &[Option<T>], values: ArrayRef) -> Result<ArrayRef> {
        let keys = self.dictionary.keys();
        let keys: Int32Array = if mapped.iter().all(Option::is_some) {
            keys.clone()
        } else {
            keys.iter().map(|key| key.filter(|key| mapped[*key as usize].is_some())).collect()
        };
        Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, values)?))
    }
}
