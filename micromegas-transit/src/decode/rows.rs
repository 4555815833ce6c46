//! How many rows the events of a block make at most.

use super::event_plan::EventPlan;
use super::open::OpenBlock;

impl OpenBlock<'_> {
    /// Number of events whose type is `wanted`. Columns get room for them before they are filled,
    /// so that they never grow and never hold more memory than their rows need.
    pub(super) fn count_rows(&self, wanted: impl Fn(&EventPlan) -> bool) -> usize {
        let mut by_type = [false; 256];
        for (is_wanted, plan) in by_type.iter_mut().zip(&self.plan.events) {
            *is_wanted = wanted(plan);
        }
        if by_type.contains(&true) { self.records().count_of(&by_type) } else { 0 }
    }
}
