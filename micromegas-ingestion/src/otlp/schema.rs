//! What OTLP's messages look like, read from the descriptors that come with the published
//! definitions.

use std::collections::HashMap;
use std::sync::LazyLock;

use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet};

/// All messages and enumerations of OTLP.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    messages: Vec<MessageType>,
    enums: Vec<HashMap<String, i32>>,
    names: HashMap<String, usize>,
}

/// A message: its fields, and what it is to ingestion.
#[derive(Debug)]
pub(crate) struct MessageType {
    pub(crate) role: Role,
    fields: Vec<Field>,
    /// Index into `fields` plus one; field numbers of OTLP are small.
    by_number: Vec<u8>,
}

/// A field of a message.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) number: u32,
    pub(crate) kind: Kind,
    pub(crate) is_repeated: bool,
    /// Whether a default value that was written is something else than none.
    pub(crate) has_presence: bool,
    /// Its names in JSON: the canonical one, and the one of the definition.
    names: [String; 2],
}

/// The type of a field's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Float,
    Double,
    Bool,
    String,
    Bytes,
    /// Bytes that JSON writes in hexadecimal: the ids of traces and spans.
    Id,
    Enum(usize),
    Message(usize),
}

/// What a message is to ingestion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    LogRecord,
    Span,
    DataPoint,
    /// A data point that counts as four records: count, sum, least and greatest.
    SummaryDataPoint,
    KeyValue,
    Other,
}

/// The schema; built on first use.
pub(crate) fn schema() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::build);
    &SCHEMA
}

impl Schema {
    /// A message by its full name.
    ///
    /// # Panics
    /// If OTLP has no such message; names come from this crate alone.
    pub(crate) fn message(&self, name: &str) -> &MessageType {
        &self.messages[self.names[name]]
    }

    /// The message that a field of kind [`Kind::Message`] holds.
    pub(crate) fn nested(&self, index: usize) -> &MessageType {
        &self.messages[index]
    }

    /// The number of an enumeration's value.
    pub(crate) fn enum_number(&self, index: usize, name: &str) -> Option<i32> {
        self.enums[index].get(name).copied()
    }

    fn build() -> Self {
        let set = FileDescriptorSet::decode(opentelemetry_proto::DESCRIPTORS)
            .expect("the definitions come with descriptors that can be read");
        let mut found = Found::default();
        for file in &set.file {
            for message in &file.message_type {
                found.add_message(file.package(), message);
            }
            for one in &file.enum_type {
                found.add_enum(file.package(), one);
            }
        }
        let messages = found.messages.iter();
        let messages = messages.map(|(name, message)| found.message(name, message)).collect();
        let enums = found.enums.iter().map(|one| {
            one.value.iter().map(|value| (value.name().to_owned(), value.number())).collect()
        });
        Self { messages, enums: enums.collect(), names: found.message_names }
    }
}

/// All types by name, before their fields are looked at.
#[derive(Default)]
struct Found<'a> {
    messages: Vec<(String, &'a DescriptorProto)>,
    message_names: HashMap<String, usize>,
    enums: Vec<&'a EnumDescriptorProto>,
    enum_names: HashMap<String, usize>,
}

impl<'a> Found<'a> {
    fn add_message(&mut self, scope: &str, message: &'a DescriptorProto) {
        let name = format!("{scope}.{}", message.name());
        self.message_names.insert(name.clone(), self.messages.len());
        self.messages.push((name.clone(), message));
        for nested in &message.nested_type {
            self.add_message(&name, nested);
        }
        for nested in &message.enum_type {
            self.add_enum(&name, nested);
        }
    }

    fn add_enum(&mut self, scope: &str, one: &'a EnumDescriptorProto) {
        self.enum_names.insert(format!("{scope}.{}", one.name()), self.enums.len());
        self.enums.push(one);
    }

    fn message(&self, name: &str, message: &DescriptorProto) -> MessageType {
        let fields: Vec<Field> = message.field.iter().map(|field| self.field(field)).collect();
        let greatest = fields.iter().map(|field| field.number as usize).max().unwrap_or(0);
        let mut by_number = vec![0; greatest + 1];
        for (index, field) in (1..).zip(&fields) {
            by_number[field.number as usize] = index;
        }
        MessageType { role: Role::of(name), fields, by_number }
    }

    fn field(&self, field: &FieldDescriptorProto) -> Field {
        let type_name = field.type_name().trim_start_matches('.');
        let kind = match field.r#type() {
            Type::Int32 => Kind::Int32,
            Type::Int64 => Kind::Int64,
            Type::Uint32 => Kind::Uint32,
            Type::Uint64 => Kind::Uint64,
            Type::Sint32 => Kind::Sint32,
            Type::Sint64 => Kind::Sint64,
            Type::Fixed32 => Kind::Fixed32,
            Type::Fixed64 => Kind::Fixed64,
            Type::Sfixed32 => Kind::Sfixed32,
            Type::Sfixed64 => Kind::Sfixed64,
            Type::Float => Kind::Float,
            Type::Double => Kind::Double,
            Type::Bool => Kind::Bool,
            Type::String => Kind::String,
            Type::Bytes if field.name().ends_with("_id") => Kind::Id,
            Type::Bytes => Kind::Bytes,
            Type::Enum => Kind::Enum(self.enum_names[type_name]),
            Type::Message | Type::Group => Kind::Message(self.message_names[type_name]),
        };
        Field {
            number: field.number().cast_unsigned(),
            kind,
            is_repeated: field.label() == Label::Repeated,
            has_presence: field.oneof_index.is_some(),
            names: [camel_case(field.name()), field.name().to_owned()],
        }
    }
}

impl Role {
    fn of(name: &str) -> Self {
        match name.trim_start_matches("opentelemetry.proto.") {
            "logs.v1.LogRecord" => Self::LogRecord,
            "trace.v1.Span" => Self::Span,
            "metrics.v1.SummaryDataPoint" => Self::SummaryDataPoint,
            "metrics.v1.NumberDataPoint"
            | "metrics.v1.HistogramDataPoint"
            | "metrics.v1.ExponentialHistogramDataPoint" => Self::DataPoint,
            "common.v1.KeyValue" => Self::KeyValue,
            _ => Self::Other,
        }
    }
}

impl MessageType {
    /// The field with this number.
    pub(crate) fn field(&self, number: u32) -> Option<&Field> {
        let index = *self.by_number.get(number as usize)?;
        self.fields.get(usize::from(index).checked_sub(1)?)
    }

    /// The field with this name in JSON.
    pub(crate) fn named(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.names.iter().any(|known| known == name))
    }
}

/// `time_unix_nano` as `timeUnixNano`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otlp::Signal;

    #[test]
    fn the_messages_of_all_signals_are_there() {
        for signal in Signal::ALL {
            let request = schema().message(signal.request_message());
            let field = request.field(1).unwrap();
            assert!(field.is_repeated);
            let Kind::Message(nested) = field.kind else { panic!("{field:?}") };
            let resource = schema().message(signal.resource_message());
            assert!(std::ptr::eq(schema().nested(nested), resource));
        }
    }

    #[test]
    fn fields_are_found_by_number_and_by_both_names() {
        let span = schema().message("opentelemetry.proto.trace.v1.Span");
        assert_eq!(span.role, Role::Span);
        assert_eq!(span.named("traceId").unwrap().kind, Kind::Id);
        assert_eq!(span.named("parent_span_id").unwrap().number, 4);
        assert_eq!(span.field(7).unwrap().kind, Kind::Fixed64);
        assert!(span.field(0).is_none() && span.field(1000).is_none());
        let Kind::Enum(kinds) = span.named("kind").unwrap().kind else { panic!("no enumeration") };
        assert_eq!(schema().enum_number(kinds, "SPAN_KIND_SERVER"), Some(2));
        let histogram = schema().message("opentelemetry.proto.metrics.v1.HistogramDataPoint");
        assert!(histogram.named("sum").unwrap().has_presence);
        assert!(!histogram.named("count").unwrap().has_presence);
    }
}
