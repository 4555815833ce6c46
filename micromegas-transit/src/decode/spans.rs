//! Decoding begins and ends of a thread's spans.

use super::columns::{Decoded, SpanColumns};
use super::event_plan::{EventPlan, ScopePlan, SpanPlan};
use super::fields::{i64_at, u64_at};
use super::losses::{LossReason, Losses};
use super::open::OpenBlock;
use super::plain::{Batch, PlainTypes};
use super::records::Record;
use super::scopes::Scopes;
use super::tables::Tables;

impl OpenBlock<'_> {
    /// Decodes the begins and ends of the thread's own spans: 8 types.
    pub fn thread_spans(&self) -> Decoded<SpanColumns> {
        self.thread_spans_in(SpanColumns::default())
    }

    /// Does what [`thread_spans`](Self::thread_spans) does, in the memory of columns that are not
    /// needed any more; what they hold is lost.
    pub fn thread_spans_in(&self, mut columns: SpanColumns) -> Decoded<SpanColumns> {
        if let Some(record_count) = self.thread_spans_from_planes(&mut columns) {
            return Decoded { columns, record_count, losses: Losses::default() };
        }
        columns.clear(self.count_rows(|plan| matches!(plan, EventPlan::Span(_))));
        let mut losses = Losses::default();
        let mut scopes = Scopes::new(&self.tables, std::mem::take(&mut columns.scopes));
        let mut plain = PlainTypes::of(self, plain_kind);
        let mut records = self.records();
        loop {
            plain.read_run(&mut records, &self.tables.scopes.ids, |batch| columns.extend(batch));
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

/// Size of a plain record: type index, descriptor, time.
const STRIDE: usize = 1 + 16;
const TIME: usize = 1 + 8;
const END: u8 = 1;
const BEGIN: u8 = 2;

/// Whether the records of a type are plain ends or begins.
fn plain_kind(plan: &EventPlan) -> u8 {
    match plan {
        EventPlan::Span(SpanPlan {
            is_begin,
            time: 8,
            scope: ScopePlan::Descriptor(0),
            properties: None,
        }) => match is_begin {
            true => BEGIN,
            false => END,
        },
        _ => 0,
    }
}

impl SpanColumns {
    pub(super) fn clear(&mut self, row_count: usize) {
        let Self { record, ticks, is_begin, scope, properties, scopes: _ } = self;
        clear(record, row_count);
        clear(ticks, row_count);
        clear(is_begin, row_count);
        clear(scope, row_count);
        clear(properties, 0);
    }

    #[inline]
    fn extend(&mut self, batch: Batch<'_, STRIDE>) -> bool {
        self.record.extend(batch.indices());
        self.ticks.extend(batch.words(TIME).map(u64::cast_signed));
        self.is_begin.extend(batch.kinds.iter().map(|kind| *kind == BEGIN));
        self.scope.extend(batch.descriptors.iter().map(|scope| *scope as i32));
        true
    }

    #[inline]
    fn push(
        &mut self,
        tables: &Tables<'_>,
        scopes: &mut Scopes<'_>,
        plan: &SpanPlan,
        index: u32,
        record: &[u8],
    ) -> Result<(), LossReason> {
        let ticks = i64_at(record, plan.time).ok_or(LossReason::RecordTooShort)?;
        let scope = scopes.resolve(plan.scope, record)?;
        if let Some(offset) = plan.properties {
            push_property_set(&mut self.properties, tables, &self.record, record, offset)?;
        }
        self.record.push(index);
        self.ticks.push(ticks);
        self.is_begin.push(plan.is_begin);
        self.scope.push(scope);
        Ok(())
    }
}

/// Empties a column and gives it room for `row_count` rows.
pub(super) fn clear<T>(column: &mut Vec<T>, row_count: usize) {
    column.clear();
    column.reserve_exact(row_count);
}

/// Gives a column that will be overwritten a length. Memory that is there already is not touched, and
/// new memory not before it is used.
pub(super) fn resize_for_overwrite<T: Clone + Default>(column: &mut Vec<T>, row_count: usize) {
    if column.capacity() < row_count {
        *column = vec![T::default(); row_count];
    } else {
        column.resize(row_count, T::default());
    }
}

/// Adds the property set of the next row, which the record refers to at an offset. The column may lag
/// behind, see [`add_property_set`].
pub(super) fn push_property_set(
    column: &mut Vec<i32>,
    tables: &Tables<'_>,
    rows: &Vec<u32>,
    record: &[u8],
    offset: usize,
) -> Result<(), LossReason> {
    let id = u64_at(record, offset).ok_or(LossReason::RecordTooShort)?;
    add_property_set(column, rows, tables.property_set(id)?);
    Ok(())
}

/// Adds the property set of the next row to a column that may lag behind: rows without properties
/// are filled in when the next one with properties comes. `rows` is a column of all rows before.
pub(super) fn add_property_set(column: &mut Vec<i32>, rows: &Vec<u32>, set: i32) {
    column.reserve_exact(rows.capacity().saturating_sub(column.len()));
    column.resize(rows.len(), -1);
    column.push(set);
}

/// Brings such a column to its full length, unless it is empty.
pub(super) fn fill_properties(column: &mut Vec<i32>, row_count: usize) {
    if !column.is_empty() {
        column.resize(row_count, -1);
    }
}
