//! Decoding log entries.

use super::columns::{Decoded, LogColumns, TextColumn};
use super::descriptors::LogDescriptor;
use super::event_plan::{EventPlan, LogOrigin, LogPlan, Message};
use super::fields::{i64_at, u64_at};
use super::losses::{LossReason, Losses};
use super::open::OpenBlock;
use super::plain::{Batch, PlainTypes};
use super::records::Record;
use super::sites::{self, STRIDE, Sites, plain_kind};
use super::spans::{add_property_set, clear, fill_properties};
use super::tables::Tables;
use super::template::{self, Budget};
use super::text;
use crate::Limits;
use crate::cursor::Cursor;

impl OpenBlock<'_> {
    /// Decodes the log entries: 11 types. In tagged entries, properties called `target` and `level`
    /// override those of the call site; a level that cannot be read overrides nothing.
    pub fn logs(&self) -> Decoded<LogColumns> {
        self.logs_in(LogColumns::default())
    }

    /// Does what [`logs`](Self::logs) does, in the memory of columns that are not needed any more;
    /// what they hold is lost.
    pub fn logs_in(&self, mut columns: LogColumns) -> Decoded<LogColumns> {
        if let Some(record_count) = self.logs_from_planes(&mut columns) {
            return Decoded { columns, record_count, losses: Losses::default() };
        }
        let sites = Sites::of(&self.tables, &self.limits);
        let mut plain = PlainTypes::of(self, plain_kind);
        let room = self.measure_logs(&sites, &mut plain);
        columns.clear(&room);
        let mut losses = Losses::default();
        let mut budget = Budget(self.limits.column_bytes());
        let mut records = self.records();
        let mut in_runs = true;
        loop {
            in_runs = in_runs
                && plain.read_run(&mut records, &self.tables.log_descriptors.ids, |batch| {
                    columns.extend(&sites, &mut budget, batch)
                });
            let decode = |record: &Record<'_>| match self.plan_of(record) {
                EventPlan::Log(plan) => {
                    let entry = Entry { tables: &self.tables, limits: &self.limits, plan };
                    entry.push(&mut columns, &mut budget, record.index, record.payload)
                }
                other => Self::pass_over(other),
            };
            if !Self::decode_next(&mut records, &mut losses, decode) {
                break;
            }
        }
        fill_properties(&mut columns.properties, columns.record.len());
        Decoded { columns, record_count: records.count(), losses }
    }

    /// Walks over the log entries to see how much room their columns need. Texts that have to be
    /// made UTF-8 count as they are.
    fn measure_logs(&self, sites: &Sites<'_>, plain: &mut PlainTypes<STRIDE>) -> Room {
        let mut room = Room { rows: 0, text_bytes: 0 };
        let mut budget = Budget(self.limits.column_bytes());
        let mut records = self.records();
        loop {
            plain.read_run(&mut records, &self.tables.log_descriptors.ids, |batch| {
                room.rows += batch.records.len();
                let text_bytes = sites.text_bytes(batch.descriptors);
                let text_bytes = usize::try_from(text_bytes).unwrap_or(usize::MAX);
                room.text_bytes = room.text_bytes.saturating_add(text_bytes);
                true
            });
            let Some(Ok(record)) = records.next_record() else {
                room.text_bytes = room.text_bytes.min(self.limits.column_bytes());
                return room;
            };
            if let EventPlan::Log(plan) = self.plan_of(&record) {
                let entry = Entry { tables: &self.tables, limits: &self.limits, plan };
                let text_bytes = entry.text_bytes(record.payload, &mut budget).unwrap_or_default();
                room.rows += 1;
                room.text_bytes = room.text_bytes.saturating_add(text_bytes);
            }
        }
    }
}

/// How many rows there are at most, and how much text.
struct Room {
    rows: usize,
    text_bytes: usize,
}

impl LogColumns {
    fn clear(&mut self, room: &Room) {
        self.clear_rows(room.rows);
        clear(&mut self.level, room.rows);
        clear(&mut self.message.offsets, room.rows + 1);
        self.message.offsets.push(0);
        clear(&mut self.message.bytes, room.text_bytes + sites::SLACK_BYTES);
    }

    /// Empties the columns that are not written as a whole.
    pub(super) fn clear_rows(&mut self, row_count: usize) {
        let Self { record, ticks, target, properties, level: _, message: _ } = self;
        clear(record, row_count);
        clear(ticks, row_count);
        clear(target, row_count);
        properties.clear();
    }

    /// Adds plain entries, unless their texts are too long together.
    #[inline]
    fn extend(&mut self, sites: &Sites<'_>, budget: &mut Budget, batch: Batch<'_, STRIDE>) -> bool {
        if !sites.append(self, budget, batch.descriptors) {
            return false;
        }
        self.record.extend(batch.indices());
        self.ticks.extend(batch.words(sites::TIME).map(u64::cast_signed));
        true
    }
}

/// Codec and size in front of a text.
const TEXT_HEADER_BYTES: usize = 1 + 4;

/// What it takes to read the entries of one type.
struct Entry<'a> {
    tables: &'a Tables<'a>,
    limits: &'a Limits,
    plan: &'a LogPlan,
}

impl Entry<'_> {
    #[inline]
    fn push(
        &self,
        columns: &mut LogColumns,
        budget: &mut Budget,
        index: u32,
        record: &[u8],
    ) -> Result<(), LossReason> {
        let too_short = LossReason::RecordTooShort;
        let word = |offset| u64_at(record, offset).ok_or(too_short);
        let ticks = i64_at(record, self.plan.time).ok_or(too_short)?;
        let (mut level, mut target, format) = match self.plan.origin {
            LogOrigin::Descriptor(offset) => {
                let descriptor: LogDescriptor = self.tables.descriptor(word(offset)?)?;
                (descriptor.level, descriptor.target, descriptor.format)
            }
            LogOrigin::Inline { level, target } => {
                let level = level.read(record).ok_or(too_short)?;
                (level.cast_signed(), self.tables.string(word(target)?)?, 0)
            }
        };
        let mut properties = -1;
        if let Some(offset) = self.plan.properties {
            properties = self.tables.property_set(word(offset)?)?;
            if self.plan.overrides {
                let overrides = self.tables.overrides(properties);
                level = overrides.level.unwrap_or(level);
                target = overrides.target.unwrap_or(target);
            }
        }
        let strings = MessageStrings { format, properties };
        self.push_message(&mut columns.message, budget, record, strings)?;
        if properties >= 0 {
            add_property_set(&mut columns.properties, &columns.record, properties);
        }
        columns.record.push(index);
        columns.ticks.push(ticks);
        columns.level.push(level);
        columns.target.push(target);
        Ok(())
    }

    /// Size of the message, as far as it is known before it is made.
    fn text_bytes(&self, record: &[u8], budget: &mut Budget) -> Option<usize> {
        let string = |index: i32| self.tables.strings.bytes_at(index as usize).map(<[u8]>::len);
        match self.plan.message {
            Message::Format => string(self.format(record)?),
            Message::Template => {
                let tables = self.tables;
                let format = tables.strings.bytes_at(self.format(record)? as usize)?;
                let set = tables.property_set(u64_at(record, self.plan.properties?)?).ok()?;
                let pairs = tables.property_sets.get(set as usize)?;
                let mut bytes = 0;
                template::render(&mut bytes, format, pairs, &tables.strings, budget).ok()?;
                Some(bytes)
            }
            Message::Reference(offset) => string(self.tables.string(u64_at(record, offset)?).ok()?),
            Message::DynString(offset) => record.len().checked_sub(offset + TEXT_HEADER_BYTES),
            Message::Rest(offset) => record.len().checked_sub(offset),
        }
    }

    /// The format string of the call site, if the record refers to one.
    fn format(&self, record: &[u8]) -> Option<i32> {
        let LogOrigin::Descriptor(offset) = self.plan.origin else { return None };
        let site: LogDescriptor = self.tables.descriptor(u64_at(record, offset)?).ok()?;
        Some(site.format)
    }

    /// Adds the message, whole or not at all.
    #[inline]
    fn push_message(
        &self,
        column: &mut TextColumn,
        budget: &mut Budget,
        record: &[u8],
        strings: MessageStrings,
    ) -> Result<(), LossReason> {
        let appended = self.append_message(&mut column.bytes, budget, record, strings);
        if appended.is_ok() && column.bytes.len() <= self.limits.column_bytes() {
            column.end_string();
            return Ok(());
        }
        column.drop_unended();
        appended.and(Err(LossReason::TextLimitExceeded))
    }

    #[inline]
    fn append_message(
        &self,
        out: &mut Vec<u8>,
        budget: &mut Budget,
        record: &[u8],
        MessageStrings { format, properties }: MessageStrings,
    ) -> Result<(), LossReason> {
        let strings = &self.tables.strings;
        let string = |index: i32| strings.bytes_at(index as usize).unwrap_or_default();
        match self.plan.message {
            Message::Format => {
                let text = string(format);
                budget.spend(text.len())?;
                out.extend_from_slice(text);
            }
            Message::Reference(offset) => {
                let id = u64_at(record, offset).ok_or(LossReason::RecordTooShort)?;
                let text = string(self.tables.string(id)?);
                budget.spend(text.len())?;
                out.extend_from_slice(text);
            }
            Message::Template => {
                let pairs = self.tables.property_sets.get(properties as usize).unwrap_or_default();
                template::render(out, string(format), pairs, strings, budget)?;
            }
            Message::DynString(offset) => {
                let mut cursor = Cursor::new(record.get(offset..).unwrap_or_default());
                text::append_dyn_string(out, &mut cursor, self.limits.string_bytes)?;
            }
            Message::Rest(offset) => {
                let bytes = record.get(offset..).ok_or(LossReason::RecordTooShort)?;
                if bytes.len() > self.limits.string_bytes {
                    return Err(LossReason::TextLimitExceeded);
                }
                text::append_utf8(out, bytes);
            }
        }
        Ok(())
    }
}

/// What a message may be made of, besides the record: string and property set indices.
#[derive(Clone, Copy)]
struct MessageStrings {
    format: i32,
    properties: i32,
}
