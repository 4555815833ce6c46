//! Attribute values as text.

use std::borrow::Cow;

use opentelemetry_proto::tonic::common::v1::AnyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;

use super::text::base64_of;

/// The value as text: texts as they are, lists and maps as JSON, bytes as Base64, nothing as "".
pub(crate) fn to_text(value: Option<&AnyValue>) -> Cow<'_, str> {
    match value.and_then(|value| value.value.as_ref()) {
        None => Cow::Borrowed(""),
        Some(Value::StringValue(text)) => Cow::Borrowed(text),
        Some(Value::BytesValue(bytes)) => Cow::Owned(base64_of(bytes)),
        Some(value) => {
            let mut json = String::new();
            put_json(&mut json, value);
            Cow::Owned(json)
        }
    }
}

fn put_json(out: &mut String, value: &Value) {
    match value {
        Value::StringValue(text) => put_text(out, text),
        Value::BoolValue(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::IntValue(value) => out.push_str(&value.to_string()),
        Value::DoubleValue(value) if value.is_finite() => out.push_str(&value.to_string()),
        Value::DoubleValue(value) => put_text(out, &value.to_string()),
        Value::BytesValue(bytes) => put_text(out, &base64_of(bytes)),
        Value::ArrayValue(array) => {
            put_list(out, ['[', ']'], &array.values, |out, value| put_any(out, Some(value)));
        }
        Value::KvlistValue(list) => put_list(out, ['{', '}'], &list.values, |out, entry| {
            put_text(out, &entry.key);
            out.push(':');
            put_any(out, entry.value.as_ref());
        }),
        Value::StringValueStrindex(_) => out.push_str("null"),
    }
}

fn put_any(out: &mut String, value: Option<&AnyValue>) {
    match value.and_then(|value| value.value.as_ref()) {
        Some(value) => put_json(out, value),
        None => out.push_str("null"),
    }
}

fn put_text(out: &mut String, text: &str) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

fn put_list<T>(
    out: &mut String,
    [open, close]: [char; 2],
    items: &[T],
    put: impl Fn(&mut String, &T),
) {
    out.push(open);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        put(out, item);
    }
    out.push(close);
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::{ArrayValue, KeyValue, KeyValueList};

    use super::*;

    #[test]
    fn each_kind_of_value_has_its_text() {
        let any = |value| AnyValue { value: Some(value) };
        let list = KeyValueList {
            values: vec![
                KeyValue {
                    key: "a\"b".into(),
                    value: Some(any(Value::DoubleValue(f64::NAN))),
                    ..KeyValue::default()
                },
                KeyValue { key: "none".into(), ..KeyValue::default() },
            ],
        };
        let array = ArrayValue { values: vec![any(Value::IntValue(-1)), AnyValue::default()] };
        for (value, text) in [
            (Value::StringValue("plain \"text\"".into()), "plain \"text\""),
            (Value::BoolValue(true), "true"),
            (Value::IntValue(i64::MIN), "-9223372036854775808"),
            (Value::DoubleValue(0.5), "0.5"),
            (Value::BytesValue(vec![0xff]), "/w=="),
            (Value::ArrayValue(array), "[-1,null]"),
            (Value::KvlistValue(list), r#"{"a\"b":"NaN","none":null}"#),
        ] {
            assert_eq!(to_text(Some(&any(value))), text);
        }
        assert_eq!(to_text(None), "");
    }
}
