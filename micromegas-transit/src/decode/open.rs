//! A block, decompressed and with its dependencies resolved.

use std::sync::Arc;

use super::columns::{PropertySets, Scope, StringTable};
use super::dependencies;
use super::dependency_records::DependencyRecords;
use super::event_plan::EventPlan;
use super::losses::{LossReason, Losses};
use super::objects::Objects;
use super::plan::StreamPlan;
use super::records::{Record, Records};
use super::tables::Tables;
use crate::planar::CarriedSpan;
use crate::{Limits, Payload, Result};

/// A block ready to be decoded; made by [`StreamPlan::open`].
#[derive(Debug)]
pub struct OpenBlock<'p> {
    pub(super) plan: &'p StreamPlan,
    pub(super) objects: Objects,
    pub(super) tables: Tables<'p>,
    pub(super) limits: Limits,
}

impl<'p> OpenBlock<'p> {
    pub(super) fn new(
        plan: &'p StreamPlan,
        payload: &Payload,
        limits: &Limits,
        buffer: Vec<u8>,
    ) -> Result<Self> {
        let mut dependencies = Vec::new();
        limits.decompress_into(&payload.dependencies, &mut dependencies)?;
        let objects = Objects::open(&payload.objects, limits, buffer)?;
        // While it is rebuilt, a planar block is there twice, and leaves no room for anything else.
        let plain_bytes = if objects.planes().is_some() { 0 } else { objects.len() };
        let spare_bytes = (plain_bytes + dependencies.len()) / 2;
        let records = DependencyRecords { plan, bytes: Arc::new(dependencies) };
        let tables = dependencies::read(records, spare_bytes, limits);
        Ok(Self { plan, objects, tables, limits: limits.clone() })
    }

    /// Gives back the memory of the decompressed records, for
    /// [`StreamPlan::open_in`](super::StreamPlan::open_in).
    pub fn into_buffer(self) -> Vec<u8> {
        self.objects.into_buffer()
    }

    /// The spans of the thread that are open at the block's first event, outermost first, where the
    /// block tells: a planar one whose writer knew. None means that they are not known.
    pub fn carried_spans(&self) -> Option<&[CarriedSpan]> {
        self.objects.carried()
    }

    /// The scope of a span's descriptor, by the id that a [`CarriedSpan`] names; none if the block
    /// does not define it.
    pub fn scope(&self, descriptor: u64) -> Option<Scope> {
        self.tables.descriptor(descriptor).ok()
    }

    /// The strings that the columns' indices refer to.
    pub fn strings(&self) -> &StringTable {
        &self.tables.strings
    }

    /// The property sets that the columns' indices refer to.
    pub fn property_sets(&self) -> &PropertySets {
        &self.tables.property_sets
    }

    /// Dependencies that could not be read. An event is lost only if it refers to one of them.
    pub fn dependency_losses(&self) -> &Losses {
        &self.tables.losses
    }

    /// The decompressed records of the events.
    pub fn object_bytes(&self) -> &[u8] {
        &self.objects
    }

    /// The records of the events, from the first one on.
    pub(super) fn records(&self) -> Records<'_> {
        Records::new(&self.objects, &self.plan.event_extents, self.limits.record_count)
    }

    /// How the records of a record's type are read.
    #[inline]
    pub(super) fn plan_of(&self, record: &Record<'_>) -> &EventPlan {
        &self.plan.events[usize::from(record.type_index)]
    }

    /// Decodes one record; what `decode` cannot read is counted. Returns `false` at the end.
    #[inline]
    pub(super) fn decode_next(
        records: &mut Records<'_>,
        losses: &mut Losses,
        decode: impl FnOnce(&Record<'_>) -> std::result::Result<(), LossReason>,
    ) -> bool {
        match records.next_record() {
            Some(Ok(record)) => {
                if let Err(reason) = decode(&record) {
                    losses.add(reason, record.index, record.offset);
                }
                true
            }
            Some(Err(stop)) => {
                losses.add(stop.reason, stop.index, stop.offset);
                true
            }
            None => false,
        }
    }

    /// Walks over all events: `decode` gets each record with the plan of its type, and says whether
    /// it could read it. Returns the number of records.
    #[inline]
    pub(super) fn for_each_event(
        &self,
        losses: &mut Losses,
        mut decode: impl FnMut(&EventPlan, &Record<'_>) -> std::result::Result<(), LossReason>,
    ) -> u32 {
        let mut records = self.records();
        while Self::decode_next(&mut records, losses, |record| decode(self.plan_of(record), record))
        {
        }
        records.count()
    }

    /// What every decoder does with events that are not of its kind.
    #[inline]
    pub(super) fn pass_over(plan: &EventPlan) -> std::result::Result<(), LossReason> {
        match plan {
            EventPlan::Unknown => Err(LossReason::UnknownType),
            EventPlan::Unreadable => Err(LossReason::UnreadableType),
            _ => Ok(()),
        }
    }
}
