//! Reading a block's dependencies into tables.

use super::columns::PropertySets;
use super::dependency_plan::{
    DependencyPlan, LogDescriptorPlan, MetricDescriptorPlan, PropertyPlan, SpanDescriptorPlan,
    SpanLocationPlan,
};
use super::fields::u64_at;
use super::id_map::IdMap;
use super::interner::Interner;
use super::losses::{LossReason, Losses};
use super::plan::StreamPlan;
use super::records::Records;
use super::tables::{LogDescriptor, MetricDescriptor, Overrides, SpanLocation, Tables, scope};
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
}

/// Reads all dependency records of a decompressed buffer.
pub(super) fn read(plan: &StreamPlan, bytes: &[u8], limits: &Limits) -> Tables {
    let mut reader = Reader {
        limits,
        strings: Interner::new(limits.column_bytes()),
        custom_ids: IdMap::default(),
        tables: Tables {
            strings: Default::default(),
            string_ids: IdMap::default(),
            property_sets: PropertySets::default(),
            overrides: Vec::new(),
            property_set_ids: IdMap::default(),
            log_descriptors: Vec::new(),
            log_descriptor_ids: IdMap::default(),
            metric_descriptors: Vec::new(),
            metric_descriptor_ids: IdMap::default(),
            scopes: Vec::new(),
            scope_ids: IdMap::default(),
            locations: Vec::new(),
            location_ids: IdMap::default(),
            losses: Losses::default(),
        },
    };
    let mut records = Records::new(bytes, &plan.dependency_extents, limits.record_count);
    while let Some(record) = records.next_record() {
        let lost = match record {
            Ok(record) => {
                let plan = plan.dependencies[usize::from(record.type_index)];
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
    tables.strings = strings.into_table();
    tables
}

impl Reader<'_> {
    fn read(&mut self, plan: DependencyPlan, record: &[u8]) -> Result<(), LossReason> {
        match plan {
            DependencyPlan::StaticString => self.static_string(record),
            DependencyPlan::StaticStringDependency => self.static_string_dependency(record),
            DependencyPlan::PropertySet(plan) => self.property_set(plan, record),
            DependencyPlan::LogDescriptor(plan) => self.log_descriptor(plan, record),
            DependencyPlan::MetricDescriptor(plan) => self.metric_descriptor(plan, record),
            DependencyPlan::SpanDescriptor(plan) => self.span_descriptor(plan, record),
            DependencyPlan::SpanLocation(plan) => self.span_location(plan, record),
            DependencyPlan::Custom(id) => define(&mut self.custom_ids, id_at(record, id)?, 0),
            DependencyPlan::Unknown => Err(LossReason::UnknownType),
            DependencyPlan::Unreadable => Err(LossReason::UnreadableType),
        }
    }

    fn static_string(&mut self, record: &[u8]) -> Result<(), LossReason> {
        let (id, bytes) = record.split_first_chunk::<8>().ok_or(LossReason::RecordTooShort)?;
        if bytes.len() > self.limits.string_bytes {
            return Err(LossReason::TextLimitExceeded);
        }
        let index = self.strings.intern(|out| {
            text::append_utf8(out, bytes);
            Ok(())
        })?;
        define(&mut self.tables.string_ids, u64::from_le_bytes(*id), index)
    }

    fn static_string_dependency(&mut self, record: &[u8]) -> Result<(), LossReason> {
        let mut cursor = Cursor::new(record);
        let id = cursor.read_u64().map_err(|_| LossReason::RecordTooShort)?;
        let max_bytes = self.limits.string_bytes;
        let index =
            self.strings.intern(|out| text::append_dyn_string(out, &mut cursor, max_bytes))?;
        define(&mut self.tables.string_ids, id, index)
    }

    fn property_set(&mut self, plan: PropertyPlan, record: &[u8]) -> Result<(), LossReason> {
        let too_short = |_| LossReason::RecordTooShort;
        let mut cursor = Cursor::new(record);
        let id = cursor.read_u64().map_err(too_short)?;
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
        let overrides = Overrides::of(&sets.pairs[begin..], self.strings.table());
        sets.offsets.push(sets.pairs.len() as u32);
        self.tables.overrides.push(overrides);
        define(&mut self.tables.property_set_ids, id, index)
    }

    fn log_descriptor(&mut self, plan: LogDescriptorPlan, record: &[u8]) -> Result<(), LossReason> {
        let descriptor = LogDescriptor {
            level: plan.level.read(record).ok_or(LossReason::RecordTooShort)?.cast_signed(),
            target: self.optional_string(record, plan.target)?,
            format: self.string(record, plan.format)?,
        };
        let index = self.tables.log_descriptors.len() as u32;
        self.tables.log_descriptors.push(descriptor);
        define(&mut self.tables.log_descriptor_ids, id_at(record, plan.id)?, index)
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
        define(&mut self.tables.metric_descriptor_ids, id_at(record, plan.id)?, index)
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
        define(&mut self.tables.scope_ids, id_at(record, plan.location.id)?, index)
    }

    fn span_location(&mut self, plan: SpanLocationPlan, record: &[u8]) -> Result<(), LossReason> {
        let location = self.location(plan, record)?;
        let index = self.tables.locations.len() as u32;
        self.tables.locations.push(location);
        define(&mut self.tables.location_ids, id_at(record, plan.id)?, index)
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

fn define(ids: &mut IdMap, id: u64, index: u32) -> Result<(), LossReason> {
    if ids.insert(id, index) { Ok(()) } else { Err(LossReason::DuplicateDependency) }
}
