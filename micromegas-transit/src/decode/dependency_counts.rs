//! How many dependencies of each kind a block has, where they are very many.

use super::columns::Scope;
use super::dependency_plan::DependencyPlan;
use super::fields::u64_at;
use super::id_map::{DIRECT_ID_MAX, IdMap};
use super::interner::Interner;
use super::plan::StreamPlan;
use super::records::Records;
use super::tables::{LogDescriptor, MetricDescriptor, SpanLocation};
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

impl Counts {
    /// Counts, if tables that are made for speed might take more than `spare_bytes`. Then they have
    /// to be just as large as they must be.
    pub(super) fn if_large(
        plan: &StreamPlan,
        bytes: &[u8],
        spare_bytes: usize,
        limits: &Limits,
    ) -> Option<Self> {
        let spare_bytes = spare_bytes.max(SMALL_BYTES);
        let is_surely_small = bytes.len() <= spare_bytes / TABLE_BYTES_PER_BYTE;
        // Compact tables hold positions of 32 bits.
        if is_surely_small || u32::try_from(bytes.len()).is_err() {
            return None;
        }
        let (mut all, mut hashed) = (Self::default(), Self::default());
        let mut records = Records::new(bytes, &plan.dependency_extents, limits.record_count);
        while let Some(Ok(record)) = records.next_record() {
            let plan = plan.dependencies[usize::from(record.type_index)];
            let Some((id, count)) = all.of(plan) else { continue };
            *count += 1;
            let may_be_text = plan.is_string() && record.payload.len() > size_of::<u64>();
            all.texts += usize::from(may_be_text);
            if u64_at(record.payload, id).is_some_and(|id| id >= DIRECT_ID_MAX as u64)
                && let Some((_, count)) = hashed.of(plan)
            {
                *count += 1;
            }
        }
        (all.fast_bytes(&hashed) > spare_bytes).then_some(all)
    }

    /// The count of a kind, and where its ids lie.
    fn of(&mut self, plan: DependencyPlan) -> Option<(usize, &mut usize)> {
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
        // A vector that grows is there twice for a moment: once with half of its new size.
        let growing = |count, element: usize| count * element * 3;
        IdMap::bytes_of(hashed.strings)
            + Interner::bytes_of(self.texts)
            + IdMap::bytes_of(hashed.property_sets)
            + IdMap::bytes_of(hashed.log_descriptors)
            + growing(self.log_descriptors, size_of::<LogDescriptor>())
            + IdMap::bytes_of(hashed.metric_descriptors)
            + growing(self.metric_descriptors, size_of::<MetricDescriptor>())
            + IdMap::bytes_of(hashed.scopes)
            + growing(self.scopes, size_of::<Scope>())
            + IdMap::bytes_of(hashed.locations)
            + growing(self.locations, size_of::<SpanLocation>())
            + IdMap::bytes_of(hashed.custom)
    }
}
