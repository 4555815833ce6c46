//! Decoding log entries.

use super::columns::{Decoded, LogColumns, TextColumn};
use super::event_plan::{EventPlan, LogOrigin, LogPlan, Message};
use super::fields::{i64_at, u64_at};
use super::losses::{LossReason, Losses};
use super::open::OpenBlock;
use super::tables::Tables;
use super::template::{self, Budget};
use super::text;
use crate::Limits;
use crate::cursor::Cursor;

impl OpenBlock<'_> {
    /// Decodes the log entries: 11 types. In tagged entries, properties called `target` and `level`
    /// override those of the call site; a level that cannot be read overrides nothing.
    pub fn logs(&self) -> Decoded<LogColumns> {
        let mut columns = LogColumns::default();
        let mut losses = Losses::default();
        self.reserve_logs(&mut columns);
        let mut budget = Budget(self.limits.column_bytes());
        let record_count = self.for_each_event(&mut losses, |plan, record| match plan {
            EventPlan::Log(plan) => {
                let entry = Entry { tables: &self.tables, limits: &self.limits, plan };
                entry.push(&mut columns, &mut budget, record.index, record.payload)
            }
            other => Self::pass_over(other),
        });
        Decoded { columns, record_count, losses }
    }

    /// Makes room for as many rows as there are log entries, and for the text that comes from the
    /// records themselves.
    fn reserve_logs(&self, columns: &mut LogColumns) {
        let (mut count, mut text_bytes) = (0, 0);
        let mut records = self.records();
        while let Some(Ok(record)) = records.next_record() {
            if let EventPlan::Log(plan) = self.plan_of(&record) {
                count += 1;
                if let Message::DynString(offset) | Message::Rest(offset) = plan.message {
                    text_bytes += record.payload.len().saturating_sub(offset);
                }
            }
        }
        columns.record.reserve_exact(count);
        columns.ticks.reserve_exact(count);
        columns.level.reserve_exact(count);
        columns.target.reserve_exact(count);
        columns.message.offsets.reserve_exact(count);
        columns.message.bytes.reserve(text_bytes);
        columns.properties.reserve_exact(count);
    }
}

/// What it takes to read the entries of one type.
struct Entry<'a> {
    tables: &'a Tables,
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
                let descriptor = self.tables.log_descriptor(word(offset)?)?;
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
                let overrides = self.tables.overrides[properties as usize];
                level = overrides.level.unwrap_or(level);
                target = overrides.target.unwrap_or(target);
            }
        }
        let strings = MessageStrings { format, properties };
        self.push_message(&mut columns.message, budget, record, strings)?;
        columns.record.push(index);
        columns.ticks.push(ticks);
        columns.level.push(level);
        columns.target.push(target);
        columns.properties.push(properties);
        Ok(())
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
