//! Descriptors: dependencies that tell what their events have in common.

use super::columns::{Scope, StringTable};
use super::dependency_plan::{DependencyPlan, SpanLocationPlan};
use super::fields::u64_at;
use super::id_map::IdMap;
use super::losses::LossReason;
use super::scopes::scope;
use super::tables::Tables;

#[derive(Debug, Clone, Copy)]
pub(super) struct LogDescriptor {
    pub(super) level: i32,
    pub(super) target: i32,
    pub(super) format: i32,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct MetricDescriptor {
    pub(super) name: i32,
    pub(super) unit: i32,
    pub(super) target: i32,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct SpanLocation {
    pub(super) target: i32,
    pub(super) file: i32,
    pub(super) line: u32,
}

/// The descriptors of one kind.
#[derive(Debug)]
pub(super) struct DescriptorTable<T> {
    /// From ids to rows. Where there are no rows because the dependencies are too many for them,
    /// from ids to the positions of the dependencies, which are read again by everyone who asks.
    pub(super) ids: IdMap,
    pub(super) rows: Vec<T>,
    /// Where the dependency of each row lies.
    positions: Vec<u32>,
}

impl<T> Default for DescriptorTable<T> {
    fn default() -> Self {
        Self { ids: IdMap::default(), rows: Vec::new(), positions: Vec::new() }
    }
}

impl<T> DescriptorTable<T> {
    /// The bytes of a row.
    pub(super) const ROW_BYTES: usize = size_of::<T>() + size_of::<u32>();

    /// A table with room for so many rows.
    pub(super) fn with_capacity(ids: IdMap, row_count: usize) -> Self {
        Self { ids, rows: Vec::with_capacity(row_count), positions: Vec::with_capacity(row_count) }
    }

    /// Adds a row, and gives its index.
    pub(super) fn push(&mut self, row: T, position: u32) -> u32 {
        let index = self.rows.len() as u32;
        self.rows.push(row);
        self.positions.push(position);
        index
    }

    /// Where the dependency with this id lies.
    pub(super) fn position(&self, id: u64) -> Option<u32> {
        let index = self.ids.get(id)?;
        if self.rows.is_empty() { Some(index) } else { self.positions.get(index as usize).copied() }
    }
}

/// A kind of descriptors.
pub(super) trait Descriptor: Copy {
    /// Where those of this kind are.
    fn table<'t>(tables: &'t Tables<'_>) -> &'t DescriptorTable<Self>;

    /// Where those of this kind are put.
    fn table_mut<'t>(tables: &'t mut Tables<'_>) -> &'t mut DescriptorTable<Self>;

    /// Reads one, whose strings are defined before it.
    fn read(
        tables: &Tables<'_>,
        strings: &StringTable,
        plan: DependencyPlan,
        record: &[u8],
    ) -> Result<Self, LossReason>;
}

impl Descriptor for LogDescriptor {
    fn table<'t>(tables: &'t Tables<'_>) -> &'t DescriptorTable<Self> {
        &tables.log_descriptors
    }

    fn table_mut<'t>(tables: &'t mut Tables<'_>) -> &'t mut DescriptorTable<Self> {
        &mut tables.log_descriptors
    }

    fn read(
        tables: &Tables<'_>,
        _: &StringTable,
        plan: DependencyPlan,
        record: &[u8],
    ) -> Result<Self, LossReason> {
        let DependencyPlan::LogDescriptor(plan) = plan else {
            return Err(LossReason::UnreadableType);
        };
        Ok(Self {
            level: plan.level.read(record).ok_or(LossReason::RecordTooShort)?.cast_signed(),
            target: optional_string(tables, record, plan.target)?,
            format: string(tables, record, plan.format)?,
        })
    }
}

impl Descriptor for MetricDescriptor {
    fn table<'t>(tables: &'t Tables<'_>) -> &'t DescriptorTable<Self> {
        &tables.metric_descriptors
    }

    fn table_mut<'t>(tables: &'t mut Tables<'_>) -> &'t mut DescriptorTable<Self> {
        &mut tables.metric_descriptors
    }

    fn read(
        tables: &Tables<'_>,
        _: &StringTable,
        plan: DependencyPlan,
        record: &[u8],
    ) -> Result<Self, LossReason> {
        let DependencyPlan::MetricDescriptor(plan) = plan else {
            return Err(LossReason::UnreadableType);
        };
        Ok(Self {
            name: string(tables, record, plan.name)?,
            unit: optional_string(tables, record, plan.unit)?,
            target: optional_string(tables, record, plan.target)?,
        })
    }
}

impl Descriptor for Scope {
    fn table<'t>(tables: &'t Tables<'_>) -> &'t DescriptorTable<Self> {
        &tables.scopes
    }

    fn table_mut<'t>(tables: &'t mut Tables<'_>) -> &'t mut DescriptorTable<Self> {
        &mut tables.scopes
    }

    fn read(
        tables: &Tables<'_>,
        strings: &StringTable,
        plan: DependencyPlan,
        record: &[u8],
    ) -> Result<Self, LossReason> {
        let DependencyPlan::SpanDescriptor(plan) = plan else {
            return Err(LossReason::UnreadableType);
        };
        let name = string(tables, record, plan.name)?;
        Ok(scope(strings, name, location(tables, plan.location, record)?))
    }
}

impl Descriptor for SpanLocation {
    fn table<'t>(tables: &'t Tables<'_>) -> &'t DescriptorTable<Self> {
        &tables.locations
    }

    fn table_mut<'t>(tables: &'t mut Tables<'_>) -> &'t mut DescriptorTable<Self> {
        &mut tables.locations
    }

    fn read(
        tables: &Tables<'_>,
        _: &StringTable,
        plan: DependencyPlan,
        record: &[u8],
    ) -> Result<Self, LossReason> {
        let DependencyPlan::SpanLocation(plan) = plan else {
            return Err(LossReason::UnreadableType);
        };
        location(tables, plan, record)
    }
}

fn location(
    tables: &Tables<'_>,
    plan: SpanLocationPlan,
    record: &[u8],
) -> Result<SpanLocation, LossReason> {
    Ok(SpanLocation {
        target: optional_string(tables, record, plan.target)?,
        file: optional_string(tables, record, plan.file)?,
        line: plan.line.and_then(|line| line.read(record)).unwrap_or(0),
    })
}

fn string(tables: &Tables<'_>, record: &[u8], offset: usize) -> Result<i32, LossReason> {
    tables.string(u64_at(record, offset).ok_or(LossReason::RecordTooShort)?)
}

/// A string that the layout need not have; then it is empty.
fn optional_string(
    tables: &Tables<'_>,
    record: &[u8],
    offset: Option<usize>,
) -> Result<i32, LossReason> {
    offset.map_or(Ok(0), |offset| string(tables, record, offset))
}
