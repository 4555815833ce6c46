//! JSON requests, written down as the protobuf message they stand for.
//!
//! OTLP's JSON is protobuf's JSON, with ids in hexadecimal. What senders do differently from each
//! other is all understood: names as `timeUnixNano` and `time_unix_nano`, 64-bit integers as texts
//! and as numbers, enumerations as numbers and by name. Unknown fields are left out.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::scalar::{self, Scalar};
use super::schema::{Field, Kind, MessageType, schema};
use super::wire::{WireType, put_delimited, put_key};

/// The protobuf message that a JSON text stands for.
pub(crate) fn to_protobuf(
    message: &MessageType,
    json: &[u8],
) -> Result<Vec<u8>, serde_json::Error> {
    let mut out = Vec::with_capacity(json.len() / 2);
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    MessageSeed { message, out: &mut out }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(out)
}

/// Appends the fields of an object.
struct MessageSeed<'a> {
    message: &'a MessageType,
    out: &'a mut Vec<u8>,
}

impl<'de> DeserializeSeed<'de> for MessageSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for MessageSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(field) = map.next_key_seed(NameSeed { message: self.message })? {
            match field {
                Some(field) => map.next_value_seed(FieldSeed { field, out: self.out })?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Finds the field that a key names.
struct NameSeed<'a> {
    message: &'a MessageType,
}

impl<'de, 'a> DeserializeSeed<'de> for NameSeed<'a> {
    type Value = Option<&'a Field>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'_> for NameSeed<'a> {
    type Value = Option<&'a Field>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.message.named(name))
    }
}

/// Appends a field with its value; nothing for `null`.
struct FieldSeed<'a> {
    field: &'a Field,
    out: &'a mut Vec<u8>,
}

impl<'de> DeserializeSeed<'de> for FieldSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for FieldSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or null")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Self { field, out } = self;
        if field.is_repeated {
            return deserializer.deserialize_seq(ListVisitor { field, out });
        }
        let has_presence = field.has_presence;
        ElementSeed { field, out, has_presence }.deserialize(deserializer)
    }
}

/// Appends the elements of an array: numbers as one run, anything else as a field each.
struct ListVisitor<'a> {
    field: &'a Field,
    out: &'a mut Vec<u8>,
}

impl<'de> Visitor<'de> for ListVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let Self { field, out } = self;
        if matches!(field.kind, Kind::Message(_) | Kind::String | Kind::Bytes | Kind::Id) {
            while elements
                .next_element_seed(ElementSeed { field, out, has_presence: true })?
                .is_some()
            {}
            return Ok(());
        }
        put_key(out, field.number, WireType::Bytes);
        put_delimited(out, |out| {
            while elements.next_element_seed(NumberSeed { kind: field.kind, out })?.is_some() {}
            Ok(())
        })
    }
}

/// Appends one value with its key.
struct ElementSeed<'a> {
    field: &'a Field,
    out: &'a mut Vec<u8>,
    /// Whether a default value is written, too.
    has_presence: bool,
}

impl<'de> DeserializeSeed<'de> for ElementSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if let Kind::Message(nested) = self.field.kind {
            put_key(self.out, self.field.number, WireType::Bytes);
            return put_delimited(self.out, |out| {
                let message = schema().nested(nested);
                MessageSeed { message, out }.deserialize(deserializer)
            });
        }
        deserializer.deserialize_any(ScalarVisitor(|value: Scalar<'_>| {
            scalar::put_field(self.out, self.field, value, self.has_presence)
        }))
    }
}

/// Appends one number of a run.
struct NumberSeed<'a> {
    kind: Kind,
    out: &'a mut Vec<u8>,
}

impl<'de> DeserializeSeed<'de> for NumberSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(ScalarVisitor(|value: Scalar<'_>| {
            scalar::put_value(self.out, self.kind, value).map(|_| ())
        }))
    }
}

/// Gives a value that is neither array nor object to a function, which says what is wrong with it.
struct ScalarVisitor<F>(F);

impl<'de, F> Visitor<'de> for ScalarVisitor<F>
where
    F: FnOnce(Scalar<'_>) -> Result<(), &'static str>,
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a text or a truth value")
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        (self.0)(Scalar::Bool(value)).map_err(E::custom)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        (self.0)(Scalar::Integer(value.into())).map_err(E::custom)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        (self.0)(Scalar::Integer(value.into())).map_err(E::custom)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        (self.0)(Scalar::Float(value)).map_err(E::custom)
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        (self.0)(Scalar::Text(value)).map_err(E::custom)
    }
}
