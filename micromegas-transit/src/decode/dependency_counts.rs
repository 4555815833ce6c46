//! How many dependencies of each kind a block has, where they are very many.

use super::columns::Scope;
use super::compact_ids::CompactIds;
use super::dependency_plan::DependencyPlan;
use super::dependency_records::DependencyRecords;
use super::descriptors::{DescriptorTable, LogDescriptor, MetricDescriptor, SpanLocation};
use super::fields::u64_at;
use super::id_map::{DIRECT_ID_MAX, IdMap};
use super::interner::Interner;
use super::sites::SITE_BYTES;
use crate::Limits;

/// Tables of this size are never too large.
const SMALL_BYTES: usize = 64 << 10;

/// No table takes more than this for a byte of dependencies: a string of 13 bytes needs 96 for its
/// id and 12 for its text.
const TABLE_BYTES_PER_BYTE: usize = 10;

/// The number of records of each kind.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) strings: usize,
    /// Those of the strings that may have a text.
    pub(super) texts: usize,
    pub(super) property_sets: usize,
    pub(super) log_descriptors: usize,
    pub(super) metric_descriptors: usize,
    pub(super) scopes: usize,
    pub(super) locations: usize,
    pub(super) custom: usize,
}

/// What there is memory for.
#[derive(Debug)]
pub(super) enum Room {
    /// Tables made for speed.
    Fast,
    /// Tables of rows that are just as large as they must be, and compact ids.
    Compact(Counts),
    /// Compact ids only.
    InPlace(Counts),
}

impl Room {
    /// Finds out which tables take at most `spare_bytes`, or at most as much as the records do.
    pub(super) fn of(records: &DependencyRecords<'_>, spare_bytes: usize, limits: &Limits) -> Self {
        let spare_bytes = spare_bytes.max(SMALL_BYTES);
        let record_bytes = records.bytes.len();
        let is_surely_small = record_bytes <= spare_bytes / TABLE_BYTES_PER_BYTE;
        // Compact tables hold positions of 32 bits.
        if is_surely_small || u32::try_from(record_bytes).is_err() {
            return Self::Fast;
        }
        let (all, hashed) = Counts::of(records, limits);
        if all.fast_bytes(&hashed) <= spare_bytes {
            Self::Fast
        } else if all.compact_bytes() <= spare_bytes.max(record_bytes) {
            Self::Compact(all)
        } else {
            Self::InPlace(all)
        }
    }
}

impl Counts {
    /// Counts all records, and those whose ids would be hashed.
    fn of(records: &DependencyRecords<'_>, limits: &Limits) -> (Self, Self) {
        let (mut all, mut hashed) = (Self::default(), Self::default());
        let mut walk = records.iter(limits);
        while let Some(Ok(record)) = walk.next_record() {
            let plan = records.plan.dependencies[usize::from(record.type_index)];
            let Some((id, count)) = all.of_kind(plan) else { continue };
            *count += 1;
            let may_be_text = plan.is_string() && record.payload.len() > size_of::<u64>();
            all.texts += usize::from(may_be_text);
            if u64_at(record.payload, id).is_some_and(|id| id >= DIRECT_ID_MAX as u64)
                && let Some((_, count)) = hashed.of_kind(plan)
            {
                *count += 1;
            }
        }
        (all, hashed)
    }

    /// The count of a kind, and where its ids lie.
    fn of_kind(&mut self, plan: DependencyPlan) -> Option<(usize, &mut usize)> {
        Some(match plan {
            DependencyPlan::StaticString | DependencyPlan::StaticStringDependency => {
                (0, &mut self.strings)
            }
            DependencyPlan::PropertySet(_) => (0, &mut self.property_sets),
            DependencyPlan::LogDescriptor(plan) => (plan.id, &mut self.log_descriptors),
            DependencyPlan::MetricDescriptor(plan) => (plan.id, &mut self.metric_descriptors),
            DependencyPlan::SpanDescriptor(plan) => (plan.location.id, &mut self.scopes),
            DependencyPlan::SpanLocation(plan) => (plan.id, &mut self.locations),
            DependencyPlan::Custom(id) => (id, &mut self.custom),
            DependencyPlan::Unknown | DependencyPlan::Unreadable => return None,
        })
    }

    /// The most bytes that tables take which grow as they need, with these ids hashed.
    fn fast_bytes(&self, hashed: &Self) -> usize {
        let ids = hashed.per_kind().into_iter().map(IdMap::bytes_of).sum::<usize>();
        // A vector that grows is there twice for a moment: once with half of its new size.
        ids + Interner::bytes_of(self.texts) + self.row_bytes() * 3 + self.site_bytes()
    }

    /// The bytes of tables that are just as large as they must be.
    fn compact_bytes(&self) -> usize {
        let ids = self.per_kind().into_iter().map(CompactIds::bytes_of).sum::<usize>();
        ids + Interner::compact_bytes_of(self.texts) + self.row_bytes() + self.site_bytes()
    }

    /// The numbers of ids, which each kind has of its own.
    fn per_kind(&self) -> [usize; 7] {
        [
            self.strings,
            self.property_sets,
            self.log_descriptors,
            self.metric_descriptors,
            self.scopes,
            self.locations,
            self.custom,
        ]
    }

    fn row_bytes(&self) -> usize {
        self.log_descriptors * DescriptorTable::<LogDescriptor>::ROW_BYTES
            + self.metric_descriptors * DescriptorTable::<MetricDescriptor>::ROW_BYTES
            + self.scopes * DescriptorTable::<Scope>::ROW_BYTES
            + self.locations * DescriptorTable::<SpanLocation>::ROW_BYTES
    }

    /// What decoding logs makes of the rows.
    fn site_bytes(&self) -> usize {
        self.log_descriptors * SITE_BYTES
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{MemberLayout, StreamLayout, StreamPlan, TypeLayout};

    #[test]
    fn tables_are_as_large_as_there_is_memory_for() {
        let word = |(name, offset): (&str, u32)| MemberLayout {
            name: name.to_owned(),
            type_name: "u64".to_owned(),
            offset,
            size: 8,
            is_reference: name != "id",
        };
        let members: Vec<_> = [("id", 0), ("name", 8), ("target", 16)].map(word).into();
        let span = |size: u32| TypeLayout {
            name: "SpanRecord".to_owned(),
            size,
            members: members.iter().filter(|member| member.offset < size).cloned().collect(),
            is_reference: false,
        };
        let layout = StreamLayout { dependencies: vec![span(16), span(64)], objects: Vec::new() };
        let limits = Limits::default();
        let plan = StreamPlan::compile(&layout, &limits).unwrap();
        let room = |type_index: u8, size: usize, spare_bytes| {
            let record = |number: u64| {
                let id = (1 << 40 | number).to_le_bytes();
                [&[type_index][..], &id, &vec![0; size - 8]].concat()
            };
            let bytes = Arc::new((0..10_000).flat_map(record).collect());
            Room::of(&DependencyRecords { plan: &plan, bytes }, spare_bytes, &limits)
        };
        assert!(matches!(room(0, 16, 10 << 20), Room::Fast));
        assert!(matches!(room(1, 64, 0), Room::Compact(_)));
        assert!(matches!(room(0, 16, 0), Room::InPlace(_)));
    }
}
