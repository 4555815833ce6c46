//! Reading a block's dependencies into tables.

use std::sync::Arc;

use super::columns::PropertySets;
use super::compact_ids::CompactIds;
use super::dependency_counts::Counts;
use super::dependency_plan::{
    DependencyPlan, LogDescriptorPlan, MetricDescriptorPlan, PropertyPlan, SpanDescriptorPlan,
    SpanLocationPlan,
};
use super::fields::u64_at;
use super::id_map::IdMap;
use super::interner::Interner;
use super::losses::LossReason;
use super::plan::StreamPlan;
use super::records::Records;
use super::tables::{LogDescriptor, MetricDescriptor, OverrideNames, SpanLocation, Tables, scope};
use super::text;
use crate::Limits;
use crate::cursor::Cursor;

/// Tables while they grow. Records refer to what was read before them only.
struct Reader<'a> {
    limits: &'a Limits,
    strings: Interner,
    /// Only to notice duplicates.
    custom_ids: IdMap,
    tables: Tables,
    /// Where the payload of the record that is read begins.
    position: usize,
}

/// Reads all dependency records of a decompressed buffer. The tables take no more memory than
/// `spare_bytes` beside what they hand out as columns, or than `bytes` if that is more.
pub(super) fn read(
    plan: &StreamPlan,
    bytes: &Arc<Vec<u8>>,
    spare_bytes: usize,
    limits: &Limits,
) -> Tables {
    let counts = Counts::if_large(plan, bytes, spare_bytes, limits);
    let mut reader = Reader::new(limits, counts, bytes);
    let mut records = Records::new(bytes, &plan.dependency_extents, limits.record_count);
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

impl<'a> Reader<'a> {
    fn new(limits: &'a Limits, counts: Option<Counts>, bytes: &Arc<Vec<u8>>) -> Self {
        let max_bytes = limits.column_bytes();
        let Some(counts) = counts else {
            return Self {
                limits,
                strings: Interner::new(max_bytes),
                custom_ids: IdMap::default(),
                tables: Tables::default(),
                position: 0,
            };
        };
        let ids = |count| IdMap::compact(CompactIds::with_capacity(Arc::clone(bytes), count));
        let mut property_sets = PropertySets::default();
        property_sets.offsets.reserve_exact(counts.property_sets);
        Self {
            limits,
            strings: Interner::compact(counts.texts, max_bytes),
            custom_ids: ids(counts.custom),
            tables: Tables {
                string_ids: ids(counts.strings),
                property_sets,
                property_set_ids: ids(counts.property_sets),
                log_descriptors: Vec::with_capacity(counts.log_descriptors),
                log_descriptor_ids: ids(counts.log_descriptors),
                metric_descriptors: Vec::with_capacity(counts.metric_descriptors),
                metric_descriptor_ids: ids(counts.metric_descriptors),
                scopes: Vec::with_capacity(counts.scopes),
                scope_ids: ids(counts.scopes),
                locations: Vec::with_capacity(counts.locations),
                location_ids: ids(counts.locations),
                ..Tables::default()
            },
            position: 0,
        }
    }

    fn read(&mut self, plan: DependencyPlan, record: &[u8]) -> Result<(), LossReason> {
        match plan {
            DependencyPlan::StaticString => self.static_string(record),
            DependencyPlan::StaticStringDependency => self.static_string_dependency(record),
            DependencyPlan::PropertySet(plan) => self.property_set(plan, record),
            DependencyPlan::LogDescriptor(plan) => self.log_descriptor(plan, record),
            DependencyPlan::MetricDescriptor(plan) => self.metric_descriptor(plan, record),
            DependencyPlan::SpanDescriptor(plan) => self.span_descriptor(plan, record),
            DependencyPlan::SpanLocation(plan) => self.span_location(plan, record),
            DependencyPlan::Custom(id) => {
                define(&mut self.custom_ids, self.position, record, id, 0)
            }
            DependencyPlan::Unknown => Err(LossReason::UnknownType),
            DependencyPlan::Unreadable => Err(LossReason::UnreadableType),
        }
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

    fn log_descriptor(&mut self, plan: LogDescriptorPlan, record: &[u8]) -> Result<(), LossReason> {
        let descriptor = LogDescriptor {
            level: plan.level.read(record).ok_or(LossReason::RecordTooShort)?.cast_signed(),
            target: self.optional_string(record, plan.target)?,
            format: self.string(record, plan.format)?,
        };
        let index = self.tables.log_descriptors.len() as u32;
        self.tables.log_descriptors.push(descriptor);
        define(&mut self.tables.log_descriptor_ids, self.position, record, plan.id, index)
    }

    fn metric_descriptor(
        &mut self,
        plan: MetricDescriptorPlan,
        record: &[u8],
    ) -> Result<(), LossReason> {
        let descriptor = MetricDescriptor {
            name: self.string(record, plan.name)?,
            unit: self.optional_string(record, plan.unit)?,
            target: self.optional_string(record, plan.target)?,
        };
        let index = self.tables.metric_descriptors.len() as u32;
        self.tables.metric_descriptors.push(descriptor);
        define(&mut self.tables.metric_descriptor_ids, self.position, record, plan.id, index)
    }

    fn span_descriptor(
        &mut self,
        plan: SpanDescriptorPlan,
        record: &[u8],
    ) -> Result<(), LossReason> {
        let name = self.string(record, plan.name)?;
        let SpanLocation { target, file, line } = self.location(plan.location, record)?;
        let index = self.tables.scopes.len() as u32;
        self.tables.scopes.push(scope(self.strings.table(), name, target, file, line));
        define(&mut self.tables.scope_ids, self.position, record, plan.location.id, index)
    }

    fn span_location(&mut self, plan: SpanLocationPlan, record: &[u8]) -> Result<(), LossReason> {
        let location = self.location(plan, record)?;
        let index = self.tables.locations.len() as u32;
        self.tables.locations.push(location);
        define(&mut self.tables.location_ids, self.position, record, plan.id, index)
    }

    fn location(&self, plan: SpanLocationPlan, record: &[u8]) -> Result<SpanLocation, LossReason> {
        Ok(SpanLocation {
            target: self.optional_string(record, plan.target)?,
            file: self.optional_string(record, plan.file)?,
            line: plan.line.and_then(|line| line.read(record)).unwrap_or(0),
        })
    }

    fn string(&self, record: &[u8], offset: usize) -> Result<i32, LossReason> {
        self.tables.string(id_at(record, offset)?)
    }

    /// A string that the layout need not have; then it is empty.
    fn optional_string(&self, record: &[u8], offset: Option<usize>) -> Result<i32, LossReason> {
        offset.map_or(Ok(0), |offset| self.string(record, offset))
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
