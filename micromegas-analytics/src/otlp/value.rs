//! Values of attributes as JSON.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonb::{Number, RawJsonb};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};

/// The value as JSON: bytes are Base64, numbers that JSON does not have are texts, no value is
/// null.
pub(super) fn to_json(value: Option<&AnyValue>) -> jsonb::Value<'_> {
    match value.and_then(|value| value.value.as_ref()) {
        None | Some(Value::StringValueStrindex(_)) => jsonb::Value::Null,
        Some(Value::StringValue(text)) => text_json(text),
        Some(Value::BoolValue(value)) => jsonb::Value::Bool(*value),
        Some(Value::IntValue(value)) => jsonb::Value::Number(Number::Int64(*value)),
        Some(Value::DoubleValue(value)) => float_json(*value),
        Some(Value::BytesValue(bytes)) => jsonb::Value::String(STANDARD.encode(bytes).into()),
        Some(Value::ArrayValue(array)) => {
            jsonb::Value::Array(array.values.iter().map(|value| to_json(Some(value))).collect())
        }
        Some(Value::KvlistValue(list)) => object_json(&list.values),
    }
}

/// Attributes as one object. Of a key that occurs twice, the last value counts.
pub(super) fn object_json(attributes: &[KeyValue]) -> jsonb::Value<'_> {
    let members = attributes.iter();
    let members =
        members.map(|attribute| (attribute.key.clone(), to_json(attribute.value.as_ref())));
    jsonb::Value::Object(members.collect())
}

pub(super) fn text_json(text: &str) -> jsonb::Value<'_> {
    jsonb::Value::String(Cow::Borrowed(text))
}

pub(super) fn float_json(value: f64) -> jsonb::Value<'static> {
    match value.is_finite() {
        true => jsonb::Value::Number(Number::Float64(value)),
        false => jsonb::Value::String(value.to_string().into()),
    }
}

pub(super) fn count_json(count: u64) -> jsonb::Value<'static> {
    jsonb::Value::Number(Number::UInt64(count))
}

/// The value as text: texts as they are, everything else as JSON, no value as "".
pub(super) fn to_text(value: Option<&AnyValue>) -> Cow<'_, str> {
    match value.and_then(|value| value.value.as_ref()) {
        None => Cow::Borrowed(""),
        Some(Value::StringValue(text)) => Cow::Borrowed(text),
        Some(Value::BytesValue(bytes)) => Cow::Owned(STANDARD.encode(bytes)),
        Some(_) => Cow::Owned(RawJsonb::new(&to_json(value).to_vec()).to_string()),
    }
}

/// Bytes in hexadecimal digits, as ids of traces and spans are written.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::{ArrayValue, KeyValueList};

    use super::*;

    #[test]
    fn each_kind_of_value_has_its_text() {
        let any = |value| AnyValue { value: Some(value) };
        let member = |key: &str, value| KeyValue {
            key: key.to_owned(),
            value: Some(any(value)),
            ..KeyValue::default()
        };
        let list = KeyValueList {
            values: vec![member("nan", Value::DoubleValue(f64::NAN)), KeyValue::default()],
        };
        let array = ArrayValue { values: vec![any(Value::IntValue(-1)), AnyValue::default()] };
        for (value, text) in [
            (Value::StringValue("plain \"text\"".into()), "plain \"text\""),
            (Value::BoolValue(true), "true"),
            (Value::IntValue(i64::MIN), "-9223372036854775808"),
            (Value::DoubleValue(0.5), "0.5"),
            (Value::BytesValue(vec![0xff]), "/w=="),
            (Value::ArrayValue(array), "[-1,null]"),
            (Value::KvlistValue(list), r#"{"":null,"nan":"NaN"}"#),
        ] {
            assert_eq!(to_text(Some(&any(value))), text);
        }
        assert_eq!(to_text(None), "");
    }
}
