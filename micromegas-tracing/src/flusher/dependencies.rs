//! What the events of a block refer to: strings, descriptors and property sets, each once a block
//! and before what refers to it.

use crate::flusher::own_ids::OwnIds;
use crate::level::Level;
use crate::metadata::{CallSite, LogMetadata, MetricMetadata, Number, SpanMetadata};
use crate::properties::PropertySet;
use crate::properties::tags::Tags;
use micromegas_transit::types::{
    self, LogMetadataRecord, MetricMetadataDependency, Property, PropertySetDependency, SpanRecord,
    StaticStringDependency,
};
use micromegas_transit::{RecordQueue, ReflectDynamic};
use std::collections::HashMap;

/// In the streams of all three kinds, strings have the same type index.
const STATIC_STRING: u8 = types::log::STATIC_STRING;
const _: () = assert!(types::metrics::STATIC_STRING == STATIC_STRING);
const _: () = assert!(types::thread::STATIC_STRING == STATIC_STRING);

/// Gives numbers to strings and descriptors for the life of the process, and knows which of them
/// the present block already holds.
#[derive(Debug, Default)]
pub(super) struct Dependencies {
    strings: HashMap<&'static str, u32>,
    /// For each number, the last block that holds it.
    holders: Vec<u64>,
    block: u64,
    /// What was made at run time has an id in the present block only.
    own: OwnIds,
    records: RecordQueue,
    /// Room for the events of the next block.
    pub(super) spare_objects: Option<RecordQueue>,
}

impl Dependencies {
    /// Begins a block: nothing is in it.
    pub(super) fn begin_block(&mut self) {
        self.block += 1;
        self.own.clear();
        self.records.clear();
    }

    /// The records of the block.
    pub(super) fn records(&self) -> &[u8] {
        self.records.as_bytes()
    }

    /// Gives up memory that only saves asking for it again.
    pub(super) fn trim(&mut self) {
        self.spare_objects = None;
        self.records = RecordQueue::new();
    }

    fn next_number(&mut self) -> u32 {
        self.holders.push(0);
        // Descriptors are statics and strings their fields: four thousand million do not fit into
        // a program.
        self.holders.len() as u32
    }

    /// Whether the block lacks this number; it holds it from now on.
    fn is_first_use(&mut self, number: u32) -> bool {
        let holder = &mut self.holders[number as usize - 1];
        std::mem::replace(holder, self.block) != self.block
    }

    fn number_of(&mut self, number: &Number) -> u32 {
        match number.load() {
            0 => {
                let new = self.next_number();
                number.store(new);
                new
            }
            known => known,
        }
    }

    /// The id of a string that lives as long as the process.
    fn string(&mut self, text: &'static str) -> u64 {
        let number = match self.strings.get(text) {
            Some(number) => *number,
            None => {
                let number = self.next_number();
                self.strings.insert(text, number);
                number
            }
        };
        self.numbered_string(number, text)
    }

    /// The id of any string.
    pub(super) fn text(&mut self, text: &str) -> u64 {
        if let Some(number) = self.strings.get(text) {
            return self.numbered_string(*number, text);
        }
        let (id, is_new) = self.own.text(text);
        if is_new {
            self.push_string(id, text);
        }
        id
    }

    fn numbered_string(&mut self, number: u32, text: &str) -> u64 {
        let id = u64::from(number);
        if self.is_first_use(number) {
            self.push_string(id, text);
        }
        id
    }

    fn push_string(&mut self, id: u64, text: &str) {
        let dependency = StaticStringDependency { id, text };
        self.records.push_dynamic(STATIC_STRING, |out| dependency.write_to(out));
    }

    /// The id of a log descriptor in the present block.
    pub(super) fn log(&mut self, metadata: &'static LogMetadata) -> u64 {
        let number = self.number_of(&metadata.number);
        let id = u64::from(number);
        if self.is_first_use(number) {
            let CallSite { target, file, line, .. } = *metadata.site();
            let fmt_str = self.string(metadata.text());
            let target = self.string(target);
            let file = self.string(file);
            let level = metadata.level() as u32;
            let record = LogMetadataRecord { id, fmt_str, target, file, line, level };
            self.records.push(types::log::LOG_METADATA, &record);
        }
        id
    }

    /// The id of a descriptor for entries of another library in the present block.
    pub(super) fn foreign_log(&mut self, level: Level, target: &str) -> u64 {
        let target = self.text(target);
        let (id, is_new) = self.own.descriptor([level as u64, target, 0]);
        if is_new {
            let (fmt_str, file, line) = (self.string(""), self.string(""), 0);
            let level = level as u32;
            let record = LogMetadataRecord { id, fmt_str, target, file, line, level };
            self.records.push(types::log::LOG_METADATA, &record);
        }
        id
    }

    /// The id of a metric's descriptor in the present block.
    pub(super) fn metric(&mut self, metadata: &'static MetricMetadata) -> u64 {
        let number = self.number_of(&metadata.number);
        let id = u64::from(number);
        if self.is_first_use(number) {
            let (name, unit) = (self.string(metadata.name()), self.string(metadata.unit()));
            self.push_metric(id, metadata, name, unit);
        }
        id
    }

    /// As [`metric`](Self::metric), for one whose name and unit were made at run time.
    pub(super) fn named_metric(
        &mut self,
        metadata: &'static MetricMetadata,
        name: &str,
        unit: &str,
    ) -> u64 {
        let number = self.number_of(&metadata.number);
        let (name, unit) = (self.text(name), self.text(unit));
        let (id, is_new) = self.own.descriptor([u64::from(number), name, unit]);
        if is_new {
            self.push_metric(id, metadata, name, unit);
        }
        id
    }

    fn push_metric(&mut self, id: u64, metadata: &MetricMetadata, name: u64, unit: u64) {
        let CallSite { target, file, line, .. } = *metadata.site();
        let (target, file) = (self.string(target), self.string(file));
        let lod = metadata.verbosity() as u32;
        let record = MetricMetadataDependency { id, name, unit, target, file, line, lod };
        self.records.push(types::metrics::METRIC_METADATA, &record);
    }

    /// The id of a span's descriptor in the present block.
    pub(super) fn span(&mut self, metadata: &'static SpanMetadata) -> u64 {
        let number = self.number_of(&metadata.number);
        let id = u64::from(number);
        if self.is_first_use(number) {
            let name = self.string(metadata.name());
            self.push_span(id, metadata, name);
        }
        id
    }

    /// As [`span`](Self::span), with a name in place of the descriptor's, unless it is empty.
    pub(super) fn named_span(&mut self, metadata: &'static SpanMetadata, name: &str) -> u64 {
        if name.is_empty() {
            return self.span(metadata);
        }
        let number = self.number_of(&metadata.number);
        let name = self.text(name);
        let (id, is_new) = self.own.descriptor([u64::from(number), name, 0]);
        if is_new {
            self.push_span(id, metadata, name);
        }
        id
    }

    fn push_span(&mut self, id: u64, metadata: &SpanMetadata, name: u64) {
        let CallSite { target, file, line, .. } = *metadata.site();
        let (target, file) = (self.string(target), self.string(file));
        let lod = metadata.verbosity() as u32;
        let record = SpanRecord { id, name, target, file, line, lod };
        self.records.push(types::thread::SPAN, &record);
    }

    /// The id of an event's properties in the present block; `type_index` is that of property sets
    /// in the event's stream.
    pub(super) fn property_set(&mut self, type_index: u8, tags: &Tags<'_>) -> u64 {
        if let Some(set) = tags.only_set() {
            return self.static_property_set(type_index, set);
        }
        let properties = self.properties(tags);
        let (id, is_new) = self.own.property_set(&properties);
        if is_new {
            self.push_property_set(type_index, id, &properties);
        }
        id
    }

    fn static_property_set(&mut self, type_index: u8, set: &'static PropertySet) -> u64 {
        let number = self.number_of(&set.number);
        let id = u64::from(number);
        if self.is_first_use(number) {
            let tags = Tags { constants: Some(set), ..Tags::default() };
            let properties = self.properties(&tags);
            self.push_property_set(type_index, id, &properties);
        }
        id
    }

    fn properties(&mut self, tags: &Tags<'_>) -> Vec<Property> {
        let mut pairs = Vec::new();
        tags.collect_into(&mut pairs);
        let mut property =
            |(name, value)| Property { name: self.text(name), value: self.text(value) };
        pairs.into_iter().map(&mut property).collect()
    }

    fn push_property_set(&mut self, type_index: u8, id: u64, properties: &[Property]) {
        let dependency = PropertySetDependency { id, properties };
        self.records.push_dynamic(type_index, |out| dependency.write_to(out));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: CallSite = CallSite { target: "t", module_path: "t", file: "f.rs", line: 3 };

    #[test]
    fn a_block_holds_each_dependency_once_and_every_block_is_complete() {
        static FIRST: SpanMetadata = SpanMetadata::new("first", SITE);
        static SECOND: SpanMetadata = SpanMetadata::new("second", SITE);
        let mut dependencies = Dependencies::default();
        dependencies.begin_block();
        let first = dependencies.span(&FIRST);
        assert_eq!(dependencies.span(&FIRST), first);
        assert_eq!(dependencies.records.record_count(), 4);
        assert_ne!(dependencies.span(&SECOND), first);
        assert_eq!(dependencies.records.record_count(), 6);
        dependencies.begin_block();
        assert_eq!(dependencies.span(&FIRST), first);
        assert_eq!(dependencies.records.record_count(), 4);
    }

    #[test]
    fn what_is_made_at_run_time_is_held_once_a_block_too() {
        static PLACE: SpanMetadata = SpanMetadata::new("", SITE);
        let mut dependencies = Dependencies::default();
        dependencies.begin_block();
        let load = dependencies.named_span(&PLACE, "load");
        assert_eq!(dependencies.named_span(&PLACE, "load"), load);
        assert_ne!(dependencies.named_span(&PLACE, "save"), load);
        assert_eq!(dependencies.records.record_count(), 6);
        let mut list = crate::properties::PropertyList::default();
        list.set_property("load", "save");
        let tags = Tags { pairs: list.as_bytes(), ..Tags::default() };
        let set = dependencies.property_set(types::thread::PROPERTY_SET, &tags);
        assert_eq!(dependencies.property_set(types::thread::PROPERTY_SET, &tags), set);
        assert_eq!(dependencies.records.record_count(), 7);
        dependencies.begin_block();
        dependencies.property_set(types::thread::PROPERTY_SET, &tags);
        assert_eq!(dependencies.records.record_count(), 3);
    }

    #[test]
    fn equal_texts_are_one_string() {
        static LOUD: LogMetadata = LogMetadata::new(crate::Level::Info, "t", SITE);
        let mut dependencies = Dependencies::default();
        dependencies.begin_block();
        dependencies.log(&LOUD);
        assert_eq!(dependencies.records.record_count(), 3);
    }
}
