//! Reading a block's dependencies into tables.

use std::sync::Arc;

use super::columns::{PropertySets, Scope, StringTable};
use super::compact_ids::CompactIds;
use super::dependency_counts::{Counts, Room};
use super::dependency_plan::{DependencyPlan, PropertyPlan};
use super::dependency_records::DependencyRecords;
use super::descriptors::{
    Descriptor, DescriptorTable, LogDescriptor, MetricDescriptor, SpanLocation,
};
use super::fields::u64_at;
use super::id_map::IdMap;
use super::interner::Interner;
use super::losses::{LossReason, Losses};
use super::records::Records;
use super::tables::{OverrideNames, Tables};
use super::text;
use crate::Limits;
use crate::cursor::Cursor;

/// Tables while they grow. Records refer to what was read before them only.
struct Reader<'p, 'a> {
    limits: &'a Limits,
    strings: Interner,
    tables: Tables<'p>,
    /// Where the payload of the record that is read begins.
    position: usize,
}

/// Reads all dependency records. The tables take no more memory than `spare_bytes` beside what they
/// hand out as columns, or than the records do if that is more.
pub(super) fn read<'p>(
    records: DependencyRecords<'p>,
    spare_bytes: usize,
    limits: &Limits,
) -> Tables<'p> {
    let (plan, bytes) = (records.plan, Arc::clone(&records.bytes));
    let room = Room::of(&records, spare_bytes, limits);
    let mut reader = Reader::new(records, room, limits);
    let mut records = Records::new(&bytes, &plan.dependency_extents, limits.record_count);
    while let Some(record) = records.next_record() {
        let lost = match record {
            Ok(record) => {
                let plan = plan.dependencies[usize::from(record.type_index)];
                reader.position = records.position() - record.payload.len();
                reader
                    .read(plan, record.payload)
                    .map_err(|reason| (reason, record.index, record.offset))
            }
            Err(stop) => Err((stop.reason, stop.index, stop.offset)),
        };
        if let Err((reason, index, offset)) = lost {
            reader.tables.losses.add(reason, index, offset);
        }
    }
    let Reader { strings, mut tables, .. } = reader;
    tables.override_names = OverrideNames::find(|name| strings.find(name));
    tables.strings = strings.into_table();
    tables
}

impl<'p, 'a> Reader<'p, 'a> {
    fn new(records: DependencyRecords<'p>, room: Room, limits: &'a Limits) -> Self {
        let bytes = Arc::clone(&records.bytes);
        let are_in_place = matches!(room, Room::InPlace(_));
        let (is_fast, counts) = match room {
            Room::Fast => (true, Counts::default()),
            Room::Compact(counts) | Room::InPlace(counts) => (false, counts),
        };
        let ids = |count| match is_fast {
            true => IdMap::default(),
            false => IdMap::compact(CompactIds::with_capacity(Arc::clone(&bytes), count)),
        };
        let row_count = |count| if are_in_place { 0 } else { count };
        let max_bytes = limits.column_bytes();
        let mut property_sets = PropertySets::default();
        property_sets.offsets.reserve_exact(counts.property_sets);
        let strings = match is_fast {
            true => Interner::new(max_bytes),
            false => Interner::compact(counts.texts, max_bytes),
        };
        let tables = Tables {
            records,
            are_in_place,
            strings: StringTable::default(),
            string_ids: ids(counts.strings),
            property_sets,
            override_names: OverrideNames::default(),
            property_set_ids: ids(counts.property_sets),
            log_descriptors: DescriptorTable::with_capacity(
                ids(counts.log_descriptors),
                row_count(counts.log_descriptors),
            ),
            metric_descriptors: DescriptorTable::with_capacity(
                ids(counts.metric_descriptors),
                row_count(counts.metric_descriptors),
            ),
            scopes: DescriptorTable::with_capacity(ids(counts.scopes), row_count(counts.scopes)),
            locations: DescriptorTable::with_capacity(
                ids(counts.locations),
                row_count(counts.locations),
            ),
            custom_ids: ids(counts.custom),
            losses: Losses::default(),
        };
        Self { limits, strings, tables, position: 0 }
    }

    fn read(&mut self, plan: DependencyPlan, record: &[u8]) -> Result<(), LossReason> {
        match plan {
            DependencyPlan::StaticString => self.static_string(record),
            DependencyPlan::StaticStringDependency => self.static_string_dependency(record),
            DependencyPlan::PropertySet(plan) => self.property_set(plan, record),
            DependencyPlan::LogDescriptor(own) => {
                self.descriptor::<LogDescriptor>(plan, own.id, record)
            }
            DependencyPlan::MetricDescriptor(own) => {
                self.descriptor::<MetricDescriptor>(plan, own.id, record)
            }
            DependencyPlan::SpanDescriptor(own) => {
                self.descriptor::<Scope>(plan, own.location.id, record)
            }
            DependencyPlan::SpanLocation(own) => {
                self.descriptor::<SpanLocation>(plan, own.id, record)
            }
            DependencyPlan::Custom(id) => {
                let index = self.record_position()?;
                define(&mut self.tables.custom_ids, self.position, record, id, index)
            }
            DependencyPlan::Unknown => Err(LossReason::UnknownType),
            DependencyPlan::Unreadable => Err(LossReason::UnreadableType),
        }
    }

    /// Reads a descriptor whose id is at an offset.
    fn descriptor<T: Descriptor>(
        &mut self,
        plan: DependencyPlan,
        id: usize,
        record: &[u8],
    ) -> Result<(), LossReason> {
        let row = T::read(&self.tables, self.strings.table(), plan, record)?;
        let position = self.record_position()?;
        let are_in_place = self.tables.are_in_place;
        let table = T::table_mut(&mut self.tables);
        let index = if are_in_place { position } else { table.push(row, position) };
        define(&mut table.ids, self.position, record, id, index)
    }

    /// Where the payload of the record begins. No records are looked for beyond the first 4 GiB.
    fn record_position(&self) -> Result<u32, LossReason> {
        let position = u32::try_from(self.position).ok().filter(|position| *position < u32::MAX);
        position.ok_or(LossReason::RecordLimitExceeded)
    }

    fn static_string(&mut self, record: &[u8]) -> Result<(), LossReason> {
        let (_, bytes) = record.split_first_chunk::<8>().ok_or(LossReason::RecordTooShort)?;
        if bytes.len() > self.limits.string_bytes {
            return Err(LossReason::TextLimitExceeded);
        }
        let index = self.strings.intern(|out| {
            text::append_utf8(out, bytes);
            Ok(())
        })?;
        define(&mut self.tables.string_ids, self.position, record, 0, index)
    }

    fn static_string_dependency(&mut self, record: &[u8]) -> Result<(), LossReason> {
        let mut cursor = Cursor::new(record);
        cursor.read_u64().map_err(|_| LossReason::RecordTooShort)?;
        let max_bytes = self.limits.string_bytes;
        let index =
            self.strings.intern(|out| text::append_dyn_string(out, &mut cursor, max_bytes))?;
        define(&mut self.tables.string_ids, self.position, record, 0, index)
    }

    fn property_set(&mut self, plan: PropertyPlan, record: &[u8]) -> Result<(), LossReason> {
        let too_short = |_| LossReason::RecordTooShort;
        let mut cursor = Cursor::new(record);
        cursor.read_u64().map_err(too_short)?;
        let count = cursor.read_u32().map_err(too_short)? as usize;
        let size = count.checked_mul(plan.stride).ok_or(LossReason::RecordTooShort)?;
        let properties = cursor.take(size).map_err(too_short)?;
        let begin = self.tables.property_sets.pairs.len();
        if begin + count > self.limits.property_count {
            return Err(LossReason::PropertyLimitExceeded);
        }
        let sets = &mut self.tables.property_sets;
        for property in properties.chunks_exact(plan.stride.max(1)) {
            let string = |offset| {
                let id = u64_at(property, offset)?;
                self.tables.string_ids.get(id)
            };
            let (Some(name), Some(value)) = (string(plan.name), string(plan.value)) else {
                sets.pairs.truncate(begin);
                return Err(LossReason::MissingDependency);
            };
            sets.pairs.push((name as i32, value as i32));
        }
        let index = sets.len() as u32;
        sets.offsets.push(sets.pairs.len() as u32);
        define(&mut self.tables.property_set_ids, self.position, record, 0, index)
    }
}

fn id_at(record: &[u8], offset: usize) -> Result<u64, LossReason> {
    u64_at(record, offset).ok_or(LossReason::RecordTooShort)
}

/// Defines the id that lies at an offset of a record, whose payload begins at `position`.
fn define(
    ids: &mut IdMap,
    position: usize,
    record: &[u8],
    offset: usize,
    index: u32,
) -> Result<(), LossReason> {
    let id = id_at(record, offset)?;
    let is_new = ids.insert_at(position + offset, id, index);
    if is_new { Ok(()) } else { Err(LossReason::DuplicateDependency) }
}
