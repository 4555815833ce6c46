//! Blocks as a client of another make writes them: other types, other orders of types and
//! members, ticks without a sign, and nothing said about the times of events.

use std::collections::HashMap;

use bytes::Bytes;
use micromegas_transit::{MemberLayout, Payload, StreamLayout, TypeLayout, compress_frame};

use crate::fixture::Event;

/// What the entries and samples of this client carry in their property sets, when they do.
pub(super) const PROPERTY: (&str, &str) = ("map", "arena");

/// Whether an event of this client has the property.
pub(super) fn has_property(event: &Event) -> bool {
    event.ticks() % 2 == 1
}

fn member(name: &str, type_name: &str, offset: u32, size: u32) -> MemberLayout {
    let is_reference = type_name.starts_with('&');
    let type_name = type_name.trim_start_matches('&').to_owned();
    MemberLayout { name: name.to_owned(), type_name, offset, size, is_reference }
}

fn fixed(name: &str, size: u32, members: Vec<MemberLayout>) -> TypeLayout {
    TypeLayout { name: name.to_owned(), size, members, is_reference: false }
}

fn text_reference() -> TypeLayout {
    let members = vec![member("id", "&uint64", 0, 8)];
    TypeLayout { is_reference: true, ..fixed("StaticStringRef", 16, members) }
}

fn property() -> TypeLayout {
    let text = |name, offset| member(name, "&StaticStringRef", offset, 16);
    fixed("Property", 32, vec![text("name", 0), text("value", 16)])
}

/// Of its log stream.
pub(super) fn log_layout() -> StreamLayout {
    let text = |name, offset| member(name, "&StaticStringRef", offset, 16);
    let descriptor = vec![
        member("id", "uint64", 0, 8),
        text("target", 8),
        text("fmt_str", 24),
        text("file", 40),
        member("line", "uint32", 56, 4),
        member("level", "uint8", 60, 1),
    ];
    StreamLayout {
        dependencies: vec![
            TypeLayout::dynamic("StaticStringDependency"),
            fixed("LogMetadataDependency", 64, descriptor),
            TypeLayout::dynamic("PropertySetDependency"),
            property(),
            text_reference(),
        ],
        objects: vec![
            TypeLayout::dynamic("TaggedLogInteropEvent"),
            TypeLayout::dynamic("TaggedLogString"),
            text_reference(),
        ],
    }
}

/// Of its metric stream.
pub(super) fn metric_layout() -> StreamLayout {
    let sample = |value: &str| {
        vec![
            member("desc", "&MetricMetadataDependency", 0, 8),
            member("properties", "&PropertySetDependency", 8, 8),
            member("value", value, 16, 8),
            member("time", "uint64", 24, 8),
        ]
    };
    let text = |name, offset| member(name, "&StaticString", offset, 8);
    let descriptor = vec![
        member("id", "uint64", 0, 8),
        member("lod", "uint8", 8, 1),
        text("name", 16),
        text("unit", 24),
        text("target", 32),
        text("file", 40),
        member("line", "uint32", 48, 4),
    ];
    StreamLayout {
        dependencies: vec![
            TypeLayout::dynamic("StaticStringDependency"),
            fixed("MetricMetadataDependency", 56, descriptor),
            TypeLayout::dynamic("PropertySetDependency"),
            property(),
            text_reference(),
        ],
        objects: vec![
            fixed("TaggedIntegerMetricEvent", 32, sample("uint64")),
            fixed("TaggedFloatMetricEvent", 32, sample("f64")),
        ],
    }
}

/// Of the stream of one of its threads.
pub(super) fn thread_layout() -> StreamLayout {
    let event = || {
        vec![
            member("time", "uint64", 8, 8),
            member("thread_span_desc", "&SpanMetadataDependency", 0, 8),
        ]
    };
    let text = |name, offset| member(name, "&StaticString", offset, 8);
    let descriptor = vec![
        member("line", "uint32", 32, 4),
        text("file", 24),
        text("target", 16),
        text("name", 8),
        member("id", "uint64", 0, 8),
    ];
    StreamLayout {
        dependencies: vec![
            TypeLayout::dynamic("StaticStringDependency"),
            fixed("SpanMetadataDependency", 40, descriptor),
        ],
        objects: vec![
            fixed("EndThreadSpanEvent", 16, event()),
            fixed("BeginThreadSpanEvent", 16, event()),
        ],
    }
}

/// Words of a record, then text with its codec and length.
fn words(out: &mut Vec<u8>, words: &[u64]) {
    for word in words {
        out.extend_from_slice(&word.to_le_bytes());
    }
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.push(2);
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// A record that carries its size.
fn dynamic(queue: &mut Vec<u8>, type_index: u8, write: impl FnOnce(&mut Vec<u8>)) {
    let mut record = Vec::new();
    write(&mut record);
    queue.push(type_index);
    queue.extend_from_slice(&(record.len() as u32).to_le_bytes());
    queue.extend_from_slice(&record);
}

/// A record whose type has a size.
fn fixed_record(queue: &mut Vec<u8>, type_index: u8, values: &[u64]) {
    queue.push(type_index);
    words(queue, values);
}

#[derive(Default)]
struct Dependencies {
    queue: Vec<u8>,
    ids: HashMap<String, u64>,
}

impl Dependencies {
    /// The id under this key, and whether it is to be written now. Ids look like addresses.
    fn id(&mut self, key: String) -> (u64, bool) {
        let next = 0x7f00_0000_0000 + 16 * self.ids.len() as u64;
        let id = *self.ids.entry(key).or_insert(next);
        (id, id == next)
    }

    fn text(&mut self, value: &str) -> u64 {
        let (id, is_new) = self.id(format!("text {value}"));
        if is_new {
            dynamic(&mut self.queue, 0, |out| {
                words(out, &[id]);
                text(out, value);
            });
        }
        id
    }

    /// The event's property set, which may be empty but is always there.
    fn properties(&mut self, event: &Event) -> u64 {
        let is_span = matches!(event, Event::Begin { .. } | Event::End { .. });
        if is_span {
            return 0;
        }
        let pair = has_property(event).then(|| (self.text(PROPERTY.0), self.text(PROPERTY.1)));
        let (id, is_new) = self.id(format!("properties {pair:?}"));
        if is_new {
            dynamic(&mut self.queue, 2, |out| {
                words(out, &[id]);
                out.extend_from_slice(&u32::from(pair.is_some()).to_le_bytes());
                if let Some((name, value)) = pair {
                    words(out, &[name, 0, value, 0]);
                }
            });
        }
        id
    }

    fn metric(&mut self, name: &str, unit: &str) -> u64 {
        let [name_id, unit_id, target, file] =
            [name, unit, "test", "test.cpp"].map(|value| self.text(value));
        let (id, is_new) = self.id(format!("metric {name} {unit}"));
        if is_new {
            fixed_record(&mut self.queue, 1, &[id, 2, name_id, unit_id, target, file, 7]);
        }
        id
    }

    fn span(&mut self, name: &str) -> u64 {
        let [name_id, target, file] = [name, "test", "test.cpp"].map(|value| self.text(value));
        let (id, is_new) = self.id(format!("span {name}"));
        if is_new {
            fixed_record(&mut self.queue, 1, &[id, name_id, target, file, 9]);
        }
        id
    }
}

/// The events as a payload of this client. It records no asynchronous spans.
pub(super) fn encode(events: &[Event]) -> Payload {
    let mut dependencies = Dependencies::default();
    let mut objects = Vec::new();
    for event in events {
        let ticks = event.ticks().cast_unsigned();
        let properties = dependencies.properties(event);
        match event {
            Event::Log { level, message, .. } => {
                let target = dependencies.text("test");
                dynamic(&mut objects, 0, |out| {
                    words(out, &[ticks]);
                    out.push(*level as u8);
                    words(out, &[target, 0, properties]);
                    text(out, message);
                });
            }
            Event::Integer { name, unit, value, .. } => {
                let descriptor = dependencies.metric(name, unit);
                fixed_record(&mut objects, 0, &[descriptor, properties, *value, ticks]);
            }
            Event::Float { name, value, .. } => {
                let descriptor = dependencies.metric(name, "bytes");
                fixed_record(&mut objects, 1, &[descriptor, properties, value.to_bits(), ticks]);
            }
            Event::Begin { name, .. } => {
                let descriptor = dependencies.span(name);
                fixed_record(&mut objects, 1, &[descriptor, ticks]);
            }
            Event::End { name, .. } => {
                let descriptor = dependencies.span(name);
                fixed_record(&mut objects, 0, &[descriptor, ticks]);
            }
            Event::TaggedLog { .. }
            | Event::BeginAsync { .. }
            | Event::EndAsync { .. }
            | Event::Trace { .. } => {
                unreachable!("this client has no events of this type")
            }
        }
    }
    Payload {
        dependencies: Bytes::from(compress_frame(&dependencies.queue)),
        objects: Bytes::from(compress_frame(&objects)),
    }
}

#[cfg(test)]
mod tests {
    use micromegas_transit::{Limits, StreamPlan};

    use super::*;

    #[test]
    fn nothing_of_it_is_lost() {
        let (ticks, name) = (7, || "n".to_owned());
        let cases = [
            (log_layout(), vec![Event::Log { ticks, level: 2, message: name() }]),
            (metric_layout(), vec![Event::Float { ticks, name: "n", value: 1.0 }]),
            (thread_layout(), vec![Event::Begin { ticks, name: name() }]),
        ];
        for (layout, events) in cases {
            let limits = Limits::default();
            let plan = StreamPlan::compile(&layout, &limits).unwrap();
            let payload = encode(&events);
            let open = plan.open(&payload, &limits).unwrap();
            assert!(open.dependency_losses().is_empty(), "{:?}", open.dependency_losses());
            let losses = [open.logs().losses, open.metrics().losses, open.thread_spans().losses];
            for losses in losses {
                assert!(losses.is_empty(), "{events:?}: {losses:?}");
            }
        }
    }
}
