//! Rules that drop or hash attributes before anything is stored.

use micromegas_lakehouse::{Redact, Redaction};

use super::schema::{Kind, MessageType, Role, Schema, schema};
use super::value::to_text;
use super::wire::{Fields, Malformed, Value, WireType, put_delimited, put_key, put_varint};
use opentelemetry_proto::tonic::common::v1::AnyValue;
use prost::Message as _;

/// The message with the rules applied.
///
/// They hold wherever OTLP has attributes: of resources, scopes, log records, spans, events, links,
/// data points and exemplars, and in maps inside of values and of log bodies. With rules, fields
/// that this version of OTLP does not define are not stored, because their names cannot be seen.
pub(crate) fn redacted(
    rules: &Redaction,
    message: &MessageType,
    bytes: &[u8],
) -> Result<Vec<u8>, Malformed> {
    let mut out = Vec::with_capacity(bytes.len());
    Rewrite { schema: schema(), rules }.message(message, bytes, &mut out, 1)?;
    Ok(out)
}

struct Rewrite<'a> {
    schema: &'static Schema,
    rules: &'a Redaction,
}

impl Rewrite<'_> {
    /// Appends a message without what the rules drop.
    fn message(
        &self,
        message: &MessageType,
        bytes: &[u8],
        out: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), Malformed> {
        if depth > super::scan::DEPTH_MAX {
            return Err(Malformed("messages are nested too deeply"));
        }
        let mut fields = Fields::new(bytes);
        while let Some((number, value)) = fields.next()? {
            let Some(field) = message.field(number) else { continue };
            match (field.kind, value) {
                (Kind::Message(nested), Value::Bytes(bytes)) => {
                    let nested = self.schema.nested(nested);
                    let redact = match nested.role {
                        Role::KeyValue => self.rules.action(&name_of(bytes)?),
                        _ => None,
                    };
                    match redact {
                        Some(Redact::Hash) => {
                            put_key(out, number, WireType::Bytes);
                            put_delimited(out, |out| self.hashed_attribute(bytes, out))?;
                        }
                        None => {
                            put_key(out, number, WireType::Bytes);
                            put_delimited(out, |out| self.message(nested, bytes, out, depth + 1))?;
                        }
                        Some(_) => {}
                    }
                }
                (_, value) => put_value(out, number, value),
            }
        }
        Ok(())
    }

    fn hashed_attribute(&self, attribute: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
        let mut parts = Fields::new(attribute);
        // Parts of a value that is written in several are one value to decoders.
        let mut whole_value = Vec::new();
        while let Some((number, value)) = parts.next()? {
            match (number, value) {
                (2, Value::Bytes(value)) => whole_value.extend_from_slice(value),
                (1, value) => put_value(out, 1, value),
                _ => {}
            }
        }
        let value = AnyValue::decode(&*whole_value);
        let value = value.map_err(|_| Malformed("an attribute cannot be read"))?;
        let hashed = self.rules.hash(&to_text(Some(&value)));
        put_key(out, 2, WireType::Bytes);
        put_delimited(out, |out| put_value(out, 1, Value::Bytes(hashed.as_bytes())));
        Ok(())
    }
}

/// The name of an attribute; decoders take the last of several.
fn name_of(attribute: &[u8]) -> Result<String, Malformed> {
    let mut fields = Fields::new(attribute);
    let mut name: &[u8] = &[];
    while let Some((number, value)) = fields.next()? {
        if let (1, Value::Bytes(bytes)) = (number, value) {
            name = bytes;
        }
    }
    let name = std::str::from_utf8(name).map_err(|_| Malformed("a text is not UTF-8"))?;
    Ok(name.to_owned())
}

fn put_value(out: &mut Vec<u8>, number: u32, value: Value<'_>) {
    match value {
        Value::Varint(value) => {
            put_key(out, number, WireType::Varint);
            put_varint(out, value);
        }
        Value::Fixed64(value) => {
            put_key(out, number, WireType::Fixed64);
            out.extend(value.to_le_bytes());
        }
        Value::Fixed32(value) => {
            put_key(out, number, WireType::Fixed32);
            out.extend(value.to_le_bytes());
        }
        Value::Bytes(value) => {
            put_key(out, number, WireType::Bytes);
            put_varint(out, value.len() as u64);
            out.extend_from_slice(value);
        }
    }
}
