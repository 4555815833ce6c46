//! Rows as JSON, one object a line.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{Array, ArrayAccessor, AsArray};
use arrow::datatypes::{DataType, FieldRef};
use arrow::error::ArrowError;
use arrow::json::writer::{LineDelimited, NullableEncoder, Writer};
use arrow::json::{Encoder, EncoderFactory, EncoderOptions, WriterBuilder};

use crate::query::jsonb;
use crate::query::text::bytes_to_text;

/// A writer of one object a line.
pub(crate) type JsonWriter<W> = Writer<W, LineDelimited>;

/// A writer in whose objects binary JSON is JSON, and other bytes are a text.
pub(crate) fn json_writer<W: Write>(out: W) -> JsonWriter<W> {
    WriterBuilder::new().with_encoder_factory(Arc::new(BinaryAsJson)).build(out)
}

#[derive(Debug)]
struct BinaryAsJson;

impl EncoderFactory for BinaryAsJson {
    fn make_default_encoder<'a>(
        &self,
        _field: &'a FieldRef,
        array: &'a dyn Array,
        _options: &'a EncoderOptions,
    ) -> Result<Option<NullableEncoder<'a>>, ArrowError> {
        let encoder: Box<dyn Encoder + 'a> = match array.data_type() {
            DataType::Binary => Box::new(BinaryEncoder { array: array.as_binary::<i32>() }),
            DataType::LargeBinary => Box::new(BinaryEncoder { array: array.as_binary::<i64>() }),
            DataType::BinaryView => Box::new(BinaryEncoder { array: array.as_binary_view() }),
            DataType::FixedSizeBinary(_) => {
                Box::new(BinaryEncoder { array: array.as_fixed_size_binary() })
            }
            _ => return Ok(None),
        };
        Ok(Some(NullableEncoder::new(encoder, array.nulls().cloned())))
    }
}

struct BinaryEncoder<A> {
    array: A,
}

impl<'a, A: ArrayAccessor<Item = &'a [u8]>> Encoder for BinaryEncoder<A> {
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        let bytes = self.array.value(row);
        let value = jsonb::decode(bytes).unwrap_or_else(|| bytes_to_text(bytes).into());
        out.extend_from_slice(value.to_string().as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, BinaryArray, DictionaryArray, RecordBatch};
    use arrow::datatypes::Int32Type;

    use super::*;

    #[test]
    fn properties_are_part_of_the_object() {
        let json = r#"{"a":"b"}"#.parse::<::jsonb::OwnedJsonb>().unwrap().to_vec();
        let values = BinaryArray::from(vec![Some(json.as_slice()), Some(&[0x01, 0xAB][..]), None]);
        let keys = arrow::array::Int32Array::from(vec![1, 0]);
        let dictionary =
            DictionaryArray::<Int32Type>::try_new(keys, Arc::new(values.clone())).unwrap();
        let rows = [
            RecordBatch::try_from_iter([("p", Arc::new(values) as ArrayRef)]).unwrap(),
            RecordBatch::try_from_iter([("p", Arc::new(dictionary) as ArrayRef)]).unwrap(),
        ];
        let mut printed = Vec::new();
        let mut writer = json_writer(&mut printed);
        rows.iter().for_each(|batch| writer.write(batch).unwrap());
        writer.finish().unwrap();
        drop(writer);
        let lines = "{\"p\":{\"a\":\"b\"}}\n{\"p\":\"01ab\"}\n{}\n{\"p\":\"01ab\"}\n{\"p\":{\"a\":\"b\"}}\n";
        assert_eq!(String::from_utf8(printed).unwrap(), lines);
    }
}
