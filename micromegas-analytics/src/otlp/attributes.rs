//! The properties of a record: its attributes, and where they come from.

use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};

use super::value::{hex, text_json, to_json};

/// Properties of one record, in the order in which they were added. Of a name that occurs twice,
/// the last value counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Attributes<'a> {
    members: Vec<(String, jsonb::Value<'a>)>,
}

impl<'a> Attributes<'a> {
    /// What all records of a scope have in common.
    pub(super) fn of_scope(scope: Option<&'a InstrumentationScope>, schema_url: &'a str) -> Self {
        let mut attributes = Self::default();
        if let Some(scope) = scope {
            attributes.add_text("otel.scope.name", &scope.name);
            attributes.add_text("otel.scope.version", &scope.version);
            for attribute in &scope.attributes {
                let name = format!("otel.scope.attr.{}", attribute.key);
                attributes.members.push((name, to_json(attribute.value.as_ref())));
            }
        }
        attributes.add_text("otel.scope.schema_url", schema_url);
        attributes
    }

    /// The same, and a record's own.
    pub(super) fn with(&self, attributes: &'a [KeyValue]) -> Self {
        let own = attributes.iter().map(|own| (own.key.clone(), to_json(own.value.as_ref())));
        Self { members: self.members.iter().cloned().chain(own).collect() }
    }

    pub(super) fn add(&mut self, name: &str, value: jsonb::Value<'a>) {
        self.members.push((name.to_owned(), value));
    }

    /// Adds a text, unless it is empty.
    pub(super) fn add_text(&mut self, name: &str, text: &'a str) {
        if !text.is_empty() {
            self.add(name, text_json(text));
        }
    }

    /// Adds an id in hexadecimal digits, if it has the right length.
    pub(super) fn add_id<const LENGTH: usize>(&mut self, name: &str, id: &[u8]) {
        if id.len() == LENGTH {
            self.add(name, jsonb::Value::String(hex(id).into()));
        }
    }

    /// As a JSONB object.
    pub(super) fn to_jsonb(&self) -> Vec<u8> {
        jsonb::Value::Object(self.members.iter().cloned().collect()).to_vec()
    }
}
