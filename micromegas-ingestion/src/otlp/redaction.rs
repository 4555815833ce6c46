//! Rules that drop or hash attributes before anything is stored.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::schema::{Kind, MessageType, Role, Schema, schema};
use super::value::to_text;
use super::wire::{Fields, Malformed, Value, WireType, put_delimited, put_key, put_varint};
use opentelemetry_proto::tonic::common::v1::AnyValue;
use prost::Message as _;

/// What becomes of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Redact {
    /// It is not stored.
    Drop,
    /// Its value is replaced by `sha256:` and 32 hexadecimal digits, which follow from the value
    /// and the rules' key: equal values stay equal, and nobody without the key can find the value
    /// by trying likely ones.
    Hash,
}

/// Rules for attributes by name; the first that matches counts.
///
/// They hold wherever OTLP has attributes: of resources, scopes, log records, spans, events, links,
/// data points and exemplars, and in maps inside of values and of log bodies. With rules, fields
/// that this version of OTLP does not define are not stored, because their names cannot be seen.
#[derive(Clone, Default)]
pub struct Redaction {
    rules: Arc<[Rule]>,
    hash_key: Arc<[u8]>,
}

#[derive(Debug)]
struct Rule {
    /// The whole name, or its beginning.
    name: String,
    is_prefix: bool,
    action: Redact,
}

impl Redaction {
    /// Rules with the key for hashes. A name may end in `*`, which stands for anything.
    pub fn new<N: Into<String>>(
        rules: impl IntoIterator<Item = (N, Redact)>,
        hash_key: impl Into<Vec<u8>>,
    ) -> Self {
        let rules = rules.into_iter().map(|(name, action)| {
            let mut name = name.into();
            let is_prefix = name.ends_with('*');
            name.truncate(name.len() - usize::from(is_prefix));
            Rule { name, is_prefix, action }
        });
        Self { rules: rules.collect(), hash_key: hash_key.into().into() }
    }

    /// Whether there are no rules.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    fn action(&self, name: &str) -> Option<Redact> {
        let matches = |rule: &&Rule| match rule.is_prefix {
            true => name.starts_with(&rule.name),
            false => name == rule.name,
        };
        self.rules.iter().find(matches).map(|rule| rule.action)
    }

    /// The message with the rules applied.
    pub(crate) fn apply(&self, message: &MessageType, bytes: &[u8]) -> Result<Vec<u8>, Malformed> {
        let mut out = Vec::with_capacity(bytes.len());
        Rewrite { schema: schema(), rules: self }.message(message, bytes, &mut out, 1)?;
        Ok(out)
    }

    fn hashed(&self, value: &[u8]) -> Result<String, Malformed> {
        let value =
            AnyValue::decode(value).map_err(|_| Malformed("an attribute cannot be read"))?;
        let text = to_text(Some(&value));
        // The key's length comes first, so that key and value cannot be split another way.
        let digest = Sha256::new()
            .chain_update((self.hash_key.len() as u64).to_le_bytes())
            .chain_update(&self.hash_key)
            .chain_update(text.as_bytes())
            .finalize();
        let digits = digest.iter().take(16).map(|byte| format!("{byte:02x}"));
        Ok(format!("sha256:{}", digits.collect::<String>()))
    }
}

impl std::fmt::Debug for Redaction {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redaction").field("rules", &self.rules).finish_non_exhaustive()
    }
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
                        Some(Redact::Drop) => {}
                        Some(Redact::Hash) => {
                            put_key(out, number, WireType::Bytes);
                            put_delimited(out, |out| self.hashed_attribute(bytes, out))?;
                        }
                        None => {
                            put_key(out, number, WireType::Bytes);
                            put_delimited(out, |out| self.message(nested, bytes, out, depth + 1))?;
                        }
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
        let hashed = self.rules.hashed(&whole_value)?;
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
