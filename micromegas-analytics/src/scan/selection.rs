//! Which blocks a filter can accept, by identity.

use std::sync::Arc;

use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::utils::{Guarantee, LiteralGuarantee};
use uuid::Uuid;

/// Identities that blocks must have; `None` allows all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct BlockSelection {
    pub(crate) process_ids: Option<Vec<Uuid>>,
    pub(crate) stream_ids: Option<Vec<Uuid>>,
    pub(crate) block_ids: Option<Vec<Uuid>>,
}

impl BlockSelection {
    /// Blocks of one process.
    pub(crate) fn process(id: Uuid) -> Self {
        Self { process_ids: Some(vec![id]), ..Self::default() }
    }

    /// Blocks of one stream.
    pub(crate) fn stream(id: Uuid) -> Self {
        Self { stream_ids: Some(vec![id]), ..Self::default() }
    }

    /// Whether no block can match.
    pub(crate) fn is_empty(&self) -> bool {
        [&self.process_ids, &self.stream_ids, &self.block_ids]
            .into_iter()
            .any(|ids| ids.as_ref().is_some_and(Vec::is_empty))
    }

    /// Narrowed by what a predicate says about the columns `process_id`, `stream_id` and
    /// `block_id`: equality with texts and lists of texts. Text that is no UUID selects nothing.
    pub(crate) fn narrowed_by(mut self, predicate: &Arc<dyn PhysicalExpr>) -> Self {
        for guarantee in LiteralGuarantee::analyze(predicate) {
            if guarantee.guarantee != Guarantee::In {
                continue;
            }
            let allowed = match guarantee.column.name.as_str() {
                "process_id" => &mut self.process_ids,
                "stream_id" => &mut self.stream_ids,
                "block_id" => &mut self.block_ids,
                _ => continue,
            };
            let mut ids: Vec<Uuid> = guarantee
                .literals
                .iter()
                .filter_map(|literal| literal.try_as_str().flatten())
                .filter_map(|text| text.parse().ok())
                .collect();
            if let Some(allowed) = allowed {
                ids.retain(|id| allowed.contains(id));
            }
            ids.sort_unstable();
            ids.dedup();
            *allowed = Some(ids);
        }
        self
    }
}
