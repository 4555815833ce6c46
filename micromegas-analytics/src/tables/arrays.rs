//! Arrays out of records.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::arrow::array::{
    ArrayRef, BinaryArray, BinaryDictionaryBuilder, Int32Array, Int64Array, ListBuilder,
    StringArray, StringBuilder, TimestampNanosecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Int32Type};

use crate::clock::to_nanoseconds;
use crate::columns::{jsonb_object, timestamps};

pub(super) fn texts<T: AsRef<str>>(values: impl Iterator<Item = T>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

pub(super) fn times(values: impl Iterator<Item = DateTime<Utc>>) -> ArrayRef {
    timestamps(values.map(to_nanoseconds).collect())
}

pub(super) fn optional_texts<T: AsRef<str>>(values: impl Iterator<Item = Option<T>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

pub(super) fn optional_times(values: impl Iterator<Item = Option<DateTime<Utc>>>) -> ArrayRef {
    let values = values.map(|time| time.map(to_nanoseconds));
    Arc::new(values.collect::<TimestampNanosecondArray>().with_timezone("+00:00"))
}

pub(super) fn bytes<T: AsRef<[u8]>>(values: impl Iterator<Item = T>) -> ArrayRef {
    Arc::new(BinaryArray::from_iter_values(values))
}

pub(super) fn small_integers(values: impl Iterator<Item = i32>) -> ArrayRef {
    Arc::new(Int32Array::from_iter_values(values))
}

/// Lists of texts, all there.
pub(super) fn text_lists<'a>(values: impl Iterator<Item = Vec<&'a str>>) -> ArrayRef {
    let mut builder = ListBuilder::new(StringBuilder::new());
    for texts in values {
        builder.append_value(texts.into_iter().map(Some));
    }
    Arc::new(builder.finish())
}

pub(super) fn integers(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

pub(super) fn properties<'a>(
    values: impl Iterator<Item = &'a BTreeMap<String, String>>,
) -> ArrayRef {
    let mut builder = BinaryDictionaryBuilder::<Int32Type>::new();
    for properties in values {
        let pairs = properties.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        builder.append_value(jsonb_object(pairs));
    }
    Arc::new(builder.finish())
}

pub(super) fn tags<'a>(values: impl Iterator<Item = &'a Vec<String>>) -> ArrayRef {
    let item = Arc::new(Field::new("tag", DataType::Utf8, false));
    let mut builder = ListBuilder::new(StringBuilder::new()).with_field(item);
    for tags in values {
        for tag in tags {
            builder.values().append_value(tag);
        }
        builder.append(true);
    }
    Arc::new(builder.finish())
}
