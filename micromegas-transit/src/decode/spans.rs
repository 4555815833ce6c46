//! Decoding begins and ends of a thread's spans.

use super::columns::{Decoded, SpanColumns};
use super::event_plan::{EventPlan, ScopePlan, SpanPlan};
use super::fields::{i64_at, u64_at};
use super::id_map::IdMap;
use super::losses::{LossReason, Losses};
use super::open::OpenBlock;
use super::records::{Record, Records};
use super::scopes::Scopes;
use super::tables::Tables;

impl OpenBlock<'_> {
    /// Decodes the begins and ends of the thread's own spans: 8 types.
    pub fn thread_spans(&self) -> Decoded<SpanColumns> {
        let mut columns = SpanColumns::default();
        let mut losses = Losses::default();
        let mut scopes = Scopes::new(&self.tables);
        let mut plain = PlainSpans::of(&self.plan.events);
        columns.reserve(self.objects.len() / PLAIN_RECORD_BYTES);
        let mut records = self.records();
        loop {
            plain.decode_run(&mut records, &self.tables.scope_ids, &mut columns);
            let decode = |record: &Record<'_>| match self.plan_of(record) {
                EventPlan::Span(plan) => {
                    columns.push(&self.tables, &mut scopes, plan, record.index, record.payload)
                }
                other => Self::pass_over(other),
            };
            if !Self::decode_next(&mut records, &mut losses, decode) {
                break;
            }
        }
        columns.scopes = scopes.into_scopes();
        fill_properties(&mut columns.properties, columns.record.len());
        Decoded { columns, record_count: records.count(), losses }
    }
}

/// Size of a plain span record: type index, descriptor, time.
const PLAIN_RECORD_BYTES: usize = 1 + 16;

/// Rows that are collected before they go to the columns.
const BATCH: usize = 1024;

/// The types of plain spans as all clients write them, descriptor before time. Nearly all records
/// of a thread's stream are of these types, one after the other, so they have a loop of their own,
/// in which all offsets are constants.
struct PlainSpans {
    /// By type index: 0 for other types, 1 for ends, 2 for begins.
    kinds: [u8; 256],
    ticks: [i64; BATCH],
    scopes: [i32; BATCH],
    is_begin: [bool; BATCH],
}

impl PlainSpans {
    const END: u8 = 1;
    const BEGIN: u8 = 2;

    fn of(plans: &[EventPlan]) -> Self {
        let mut kinds = [0; 256];
        for (kind, plan) in kinds.iter_mut().zip(plans) {
            if let EventPlan::Span(SpanPlan {
                is_begin,
                record_bytes: 16,
                time: 8,
                scope: ScopePlan::Descriptor(0),
                properties: None,
            }) = plan
            {
                *kind = if *is_begin { Self::BEGIN } else { Self::END };
            }
        }
        Self { kinds, ticks: [0; BATCH], scopes: [0; BATCH], is_begin: [false; BATCH] }
    }

    /// Decodes records until one is of another type, refers to nothing, or is cut; that one is left
    /// to the general path.
    fn decode_run(
        &mut self,
        records: &mut Records<'_>,
        scope_ids: &IdMap,
        columns: &mut SpanColumns,
    ) {
        loop {
            let (run, _) = records.rest().as_chunks::<PLAIN_RECORD_BYTES>();
            let run = &run[..run.len().min(records.allowance())];
            let count = self.decode_batch(run, scope_ids);
            let first = records.next_index();
            columns.record.extend(first..first + count as u32);
            columns.ticks.extend_from_slice(&self.ticks[..count]);
            columns.scope.extend_from_slice(&self.scopes[..count]);
            columns.is_begin.extend_from_slice(&self.is_begin[..count]);
            records.advance(count, count * PLAIN_RECORD_BYTES);
            if count < BATCH {
                return;
            }
        }
    }

    /// Decodes plain spans at the beginning of `run` and tells how many.
    fn decode_batch(&mut self, run: &[[u8; PLAIN_RECORD_BYTES]], scope_ids: &IdMap) -> usize {
        let rows = self.ticks.iter_mut().zip(&mut self.scopes).zip(&mut self.is_begin).zip(run);
        let mut count = 0;
        for (((ticks, scope), is_begin), [type_index, fields @ ..]) in rows {
            let kind = self.kinds[usize::from(*type_index)];
            let ([id, time], _) = fields.as_chunks::<8>() else {
                break;
            };
            let Some(index) = scope_ids.get(u64::from_le_bytes(*id)) else {
                break;
            };
            if kind == 0 {
                break;
            }
            *ticks = i64::from_le_bytes(*time);
            *scope = index as i32;
            *is_begin = kind == Self::BEGIN;
            count += 1;
        }
        count
    }
}

impl SpanColumns {
    fn reserve(&mut self, count: usize) {
        self.record.reserve(count);
        self.ticks.reserve(count);
        self.is_begin.reserve(count);
        self.scope.reserve(count);
    }

    #[inline]
    fn push(
        &mut self,
        tables: &Tables,
        scopes: &mut Scopes<'_>,
        plan: &SpanPlan,
        index: u32,
        record: &[u8],
    ) -> Result<(), LossReason> {
        let ticks = i64_at(record, plan.time).ok_or(LossReason::RecordTooShort)?;
        let scope = scopes.resolve(plan.scope, record)?;
        if let Some(offset) = plan.properties {
            push_property_set(&mut self.properties, tables, self.record.len(), record, offset)?;
        }
        self.record.push(index);
        self.ticks.push(ticks);
        self.is_begin.push(plan.is_begin);
        self.scope.push(scope);
        Ok(())
    }
}

/// Adds the property set of the row `row` to a column that may lag behind: rows without properties
/// are filled in when the next one with properties comes.
pub(super) fn push_property_set(
    column: &mut Vec<i32>,
    tables: &Tables,
    row: usize,
    record: &[u8],
    offset: usize,
) -> Result<(), LossReason> {
    let id = u64_at(record, offset).ok_or(LossReason::RecordTooShort)?;
    let set = tables.property_set(id)?;
    column.resize(row, -1);
    column.push(set);
    Ok(())
}

/// Brings such a column to its full length, unless it is empty.
pub(super) fn fill_properties(column: &mut Vec<i32>, row_count: usize) {
    if !column.is_empty() {
        column.resize(row_count, -1);
    }
}
