//! What the events of a block refer to: strings and descriptors, each once a block and before
//! what refers to it.

use crate::metadata::{CallSite, LogMetadata, MetricMetadata, Number, SpanMetadata};
use micromegas_transit::types::{
    self, LogMetadataRecord, MetricMetadataDependency, SpanRecord, StaticStringDependency,
};
use micromegas_transit::{RecordQueue, ReflectDynamic};
use std::collections::HashMap;

/// The level of detail of everything that the macros describe.
const DETAIL_MAX: u32 = 3;

/// Gives numbers to strings and descriptors for the life of the process, and knows which of them
/// the present block already holds.
#[derive(Debug, Default)]
pub(super) struct Dependencies {
    strings: HashMap<&'static str, u32>,
    /// For each number, the last block that holds it.
    holders: Vec<u64>,
    block: u64,
    records: RecordQueue,
}

impl Dependencies {
    /// Begins a block: nothing is in it.
    pub(super) fn begin_block(&mut self) {
        self.block += 1;
        self.records.clear();
    }

    /// The records of the block.
    pub(super) fn take_records(&mut self) -> Vec<u8> {
        self.records.as_bytes().to_vec()
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

    fn string(&mut self, type_index: u8, text: &'static str) -> u64 {
        let number = match self.strings.get(text) {
            Some(number) => *number,
            None => {
                let number = self.next_number();
                self.strings.insert(text, number);
                number
            }
        };
        let id = u64::from(number);
        if self.is_first_use(number) {
            let dependency = StaticStringDependency { id, text };
            self.records.push_dynamic(type_index, |out| dependency.write_to(out));
        }
        id
    }

    /// The id of a log descriptor in the present block.
    pub(super) fn log(&mut self, metadata: &'static LogMetadata) -> u64 {
        let number = self.number_of(&metadata.number);
        let id = u64::from(number);
        if self.is_first_use(number) {
            let CallSite { target, file, line, .. } = *metadata.site();
            let fmt_str = self.string(types::log::STATIC_STRING, metadata.text());
            let target = self.string(types::log::STATIC_STRING, target);
            let file = self.string(types::log::STATIC_STRING, file);
            let level = metadata.level() as u32;
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
            let CallSite { target, file, line, .. } = *metadata.site();
            let name = self.string(types::metrics::STATIC_STRING, metadata.name());
            let unit = self.string(types::metrics::STATIC_STRING, metadata.unit());
            let target = self.string(types::metrics::STATIC_STRING, target);
            let file = self.string(types::metrics::STATIC_STRING, file);
            let lod = DETAIL_MAX;
            let record = MetricMetadataDependency { id, name, unit, target, file, line, lod };
            self.records.push(types::metrics::METRIC_METADATA, &record);
        }
        id
    }

    /// The id of a span's descriptor in the present block.
    pub(super) fn span(&mut self, metadata: &'static SpanMetadata) -> u64 {
        let number = self.number_of(&metadata.number);
        let id = u64::from(number);
        if self.is_first_use(number) {
            let CallSite { target, file, line, .. } = *metadata.site();
            let name = self.string(types::thread::STATIC_STRING, metadata.name());
            let target = self.string(types::thread::STATIC_STRING, target);
            let file = self.string(types::thread::STATIC_STRING, file);
            let record = SpanRecord { id, name, target, file, line, lod: DETAIL_MAX };
            self.records.push(types::thread::SPAN, &record);
        }
        id
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
    fn equal_texts_are_one_string() {
        static LOUD: LogMetadata = LogMetadata::new(crate::Level::Info, "t", SITE);
        let mut dependencies = Dependencies::default();
        dependencies.begin_block();
        dependencies.log(&LOUD);
        assert_eq!(dependencies.records.record_count(), 3);
    }
}
