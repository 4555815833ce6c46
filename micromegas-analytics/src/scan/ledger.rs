//! What is written down already, and which blocks are fresh.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use micromegas_lakehouse::{
    BlockFilter, BlockRecord, CommitSequence, Coverage, LedgerVersion, PartitionFilter,
    PartitionRecord, QuarantineFilter, Scope, Snapshot, Tenant,
};
use moka::future::Cache;
use uuid::Uuid;

use super::selection::BlockSelection;
use crate::engine::Engine;
use crate::error::Error;
use crate::view::View;

/// Rows are listed in pages of this many.
const PAGE_LENGTH: usize = 10_000;
/// Gaps in the coverage that are closer than this are listed together.
const GAP_DISTANCE: u64 = 4_096;

/// The partitions of a view at one version of the ledger, and what they cover together.
#[derive(Debug)]
pub(crate) struct ViewPartitions {
    pub(crate) partitions: Vec<PartitionRecord>,
    pub(crate) covered: Coverage,
}

/// Which partitions: those of a tenant and view, of one scope or of all.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct LedgerKey {
    tenant: Tenant,
    view: Arc<str>,
    scope: Option<Scope>,
    version: LedgerVersion,
}

/// Partitions by ledger version. What was visible at a version never changes, so entries are only
/// ever evicted for space.
#[derive(Debug)]
pub(crate) struct LedgerCache {
    versions: Cache<LedgerKey, Arc<ViewPartitions>>,
}

impl Default for LedgerCache {
    fn default() -> Self {
        Self { versions: Cache::new(64) }
    }
}

impl LedgerCache {
    /// The partitions of a view that are visible at a version.
    pub(crate) async fn fetch(
        &self,
        engine: &Engine,
        tenant: &Tenant,
        view: &str,
        scope: Option<Scope>,
        version: LedgerVersion,
    ) -> Result<Arc<ViewPartitions>, Error> {
        let key = LedgerKey { tenant: tenant.clone(), view: view.into(), scope, version };
        let read = async {
            let filter = PartitionFilter {
                view: Some(view.to_owned()),
                scopes: scope.map(|scope| vec![scope]),
            };
            let tenants = std::slice::from_ref(tenant);
            let store = engine.lakehouse().store();
            let partitions = store.list_partitions(tenants, version, &filter).await?;
            let mut covered = Coverage::new();
            for partition in &partitions {
                covered.union_with(&partition.coverage);
            }
            Ok::<_, Error>(Arc::new(ViewPartitions { partitions, covered }))
        };
        self.versions.try_get_with(key, read).await.map_err(|error| Error::clone(&error))
    }
}

/// Numbers of blocks: those after the first, up to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SequenceRange {
    pub(crate) after: CommitSequence,
    pub(crate) up_to: CommitSequence,
}

impl SequenceRange {
    /// Everything that a snapshot shows.
    pub(crate) fn of(snapshot: Snapshot) -> Self {
        Self { after: CommitSequence::ZERO, up_to: snapshot.commit_sequence }
    }
}

/// The blocks of a view in a range that are in no partition and not in quarantine, by number, at
/// most about `limit` of them.
pub(crate) async fn fresh_blocks(
    engine: &Engine,
    view: &Arc<dyn View>,
    tenant: &Tenant,
    range: SequenceRange,
    covered: &Coverage,
    selection: &BlockSelection,
    limit: usize,
) -> Result<Vec<BlockRecord>, Error> {
    let gaps = coarse_gaps(covered.gaps(range.after, range.up_to));
    if gaps.is_empty() || selection.is_empty() {
        return Ok(Vec::new());
    }
    let quarantined = quarantined_blocks(engine, view, tenant).await?;
    let mut fresh = Vec::new();
    for gap in gaps {
        let mut filter = BlockFilter {
            block_ids: selection.block_ids.clone(),
            stream_ids: selection.stream_ids.clone(),
            process_ids: selection.process_ids.clone(),
            tag: view.definition().tag.map(str::to_owned),
            after: CommitSequence::new(gap.start() - 1),
            up_to: CommitSequence::new(*gap.end()),
        };
        loop {
            let tenants = std::slice::from_ref(tenant);
            let page =
                engine.lakehouse().store().list_blocks(tenants, &filter, PAGE_LENGTH).await?;
            let last = page.last().map(|block| block.sequence);
            let is_last_page = page.len() < PAGE_LENGTH;
            fresh.extend(page.into_iter().filter(|block| {
                !covered.contains(block.sequence) && !quarantined.contains_key(&block.block_id)
            }));
            if fresh.len() >= limit {
                fresh.truncate(limit);
                return Ok(fresh);
            }
            match last {
                Some(last) if !is_last_page => filter.after = last,
                _ => break,
            }
        }
    }
    Ok(fresh)
}

/// The blocks of a view that are in quarantine, with their numbers.
pub(crate) async fn quarantined_blocks(
    engine: &Engine,
    view: &Arc<dyn View>,
    tenant: &Tenant,
) -> Result<HashMap<Uuid, CommitSequence>, Error> {
    let tenants = std::slice::from_ref(tenant);
    let mut filter =
        QuarantineFilter { view: Some(view.definition().name.to_owned()), after: None };
    let mut ids = HashMap::new();
    loop {
        let store = engine.lakehouse().store();
        let page = store.list_quarantined_blocks(tenants, &filter, PAGE_LENGTH).await?;
        ids.extend(page.iter().map(|block| (block.key.block_id, block.sequence)));
        match page.last() {
            Some(last) if page.len() == PAGE_LENGTH => filter.after = Some(last.key.clone()),
            _ => return Ok(ids),
        }
    }
}

/// Joins gaps that are close: listing some covered blocks is cheaper than asking twice.
fn coarse_gaps(gaps: Vec<RangeInclusive<u64>>) -> Vec<RangeInclusive<u64>> {
    let mut coarse: Vec<RangeInclusive<u64>> = Vec::new();
    for gap in gaps {
        match coarse.last_mut() {
            Some(last) if gap.start() - last.end() <= GAP_DISTANCE => {
                *last = *last.start()..=*gap.end();
            }
            _ => coarse.push(gap),
        }
    }
    coarse
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_gaps_are_read_together() {
        assert_eq!(coarse_gaps(vec![1..=2, 10..=11, 9_000..=9_001]), [1..=11, 9_000..=9_001]);
        assert!(coarse_gaps(Vec::new()).is_empty());
    }
}
