//! What is written down of a view, and which rows of its source are not in there.
//!
//! Partitions of a view in SQL cover spans of the commit sequence that do not overlap, and that
//! begin and end between group commits: the rows of a source with an `insert_time` in a range of
//! times are those of the blocks with numbers in a range. Within a span there may be holes: blocks
//! that could not be read when it was written down.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::utils::{conjunction, disjunction};
use datafusion::logical_expr::{Expr, col, lit};
use micromegas_lakehouse::{
    BlockFilter, CommitSequence, Coverage, PartitionId, PartitionRecord, Snapshot, Tenant,
};
use uuid::Uuid;

use super::definition::CompiledView;
use crate::clock::to_nanoseconds;
use crate::engine::Engine;
use crate::error::Error;
use crate::scan::quarantined_blocks;

/// Numbers of blocks that no partition's span has, and the times between which the rows of those
/// blocks are: after the one, before the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) after: CommitSequence,
    pub(crate) up_to: CommitSequence,
    pub(crate) from: Option<DateTime<Utc>>,
    pub(crate) until: Option<DateTime<Utc>>,
}

/// The partitions of a view at a snapshot.
#[derive(Debug)]
pub(crate) struct WrittenView {
    /// Those of the view as it is defined now, in the order of their spans.
    pub(crate) partitions: Vec<PartitionRecord>,
    /// Those of other definitions of its name.
    pub(crate) stale: Vec<PartitionId>,
    pub(crate) gaps: Vec<Gap>,
    /// Numbers within spans that are not covered.
    holes: Vec<CommitSequence>,
}

/// Blocks within the spans of partitions, whose rows are not in there.
#[derive(Debug, Clone, Default)]
pub(crate) struct Missed {
    pub(crate) ids: Vec<Uuid>,
    pub(crate) numbers: Coverage,
}

impl WrittenView {
    pub(crate) async fn fetch(
        engine: &Engine,
        tenant: &Tenant,
        view: &CompiledView,
        snapshot: Snapshot,
    ) -> Result<Self, Error> {
        let version = snapshot.ledger_version;
        let all = engine.ledger().fetch(engine, tenant, view.name(), None, version).await?;
        let (partitions, stale): (Vec<_>, Vec<_>) = all
            .partitions
            .iter()
            .cloned()
            .partition(|partition| partition.schema_version == view.definition.version);
        let stale = stale.into_iter().map(|partition| partition.id).collect();
        Ok(Self::of(partitions, stale, snapshot.commit_sequence))
    }

    fn of(
        mut partitions: Vec<PartitionRecord>,
        stale: Vec<PartitionId>,
        newest: CommitSequence,
    ) -> Self {
        partitions.sort_by_key(|partition| partition.coverage.first());
        let (mut gaps, mut holes) = (Vec::new(), Vec::new());
        let (mut end, mut end_time) = (CommitSequence::ZERO, None);
        for partition in &partitions {
            let Some((after, last)) = span(partition) else { continue };
            if after > end {
                let until = Some(partition.insert_time.min);
                gaps.push(Gap { after: end, up_to: after, from: end_time, until });
            }
            for run in partition.coverage.gaps(after, last) {
                holes.extend(run.map(CommitSequence::new));
            }
            end = end.max(last);
            end_time = end_time.max(Some(partition.insert_time.max));
        }
        if newest > end {
            gaps.push(Gap { after: end, up_to: newest, from: end_time, until: None });
        }
        Self { partitions, stale, gaps, holes }
    }

    /// Blocks in holes that can be read now, as far as anybody knows.
    pub(crate) async fn missed(
        &self,
        engine: &Engine,
        tenant: &Tenant,
        view: &CompiledView,
    ) -> Result<Missed, Error> {
        let mut missed = Missed::default();
        if self.holes.is_empty() {
            return Ok(missed);
        }
        let quarantined = quarantined_blocks(engine, view.source, tenant).await?;
        let quarantined: Coverage = quarantined.into_values().collect();
        for number in self.holes.iter().filter(|number| !quarantined.contains(**number)) {
            let before = CommitSequence::new(number.as_u64().saturating_sub(1));
            let filter = BlockFilter {
                tag: view.source.definition().tag.map(str::to_owned),
                ..BlockFilter::range(before, *number)
            };
            let store = engine.lakehouse().store();
            for block in store.list_blocks(std::slice::from_ref(tenant), &filter, 1).await? {
                missed.ids.push(block.block_id);
                missed.numbers.insert(block.sequence);
            }
        }
        Ok(missed)
    }
}

/// The span of a partition: after the first number, up to the second.
pub(crate) fn span(partition: &PartitionRecord) -> Option<(CommitSequence, CommitSequence)> {
    let (first, last) = (partition.coverage.first()?, partition.coverage.last()?);
    Some((CommitSequence::new(first.as_u64().saturating_sub(1)), last))
}

/// A time that bounds a range, if that has an end there.
type Bound = Option<DateTime<Utc>>;

/// Which rows of a source are wanted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// Those between these times, both exclusive.
    pub(crate) ranges: Vec<(Bound, Bound)>,
    /// Those of these blocks too.
    pub(crate) blocks: Vec<Uuid>,
    /// But not those of these.
    pub(crate) without: Vec<Uuid>,
}

impl Wanted {
    /// What no partition has.
    pub(crate) fn unwritten(written: &WrittenView, missed: Missed) -> Self {
        let ranges = written.gaps.iter().map(|gap| (gap.from, gap.until)).collect();
        Self { ranges, blocks: missed.ids, without: Vec::new() }
    }

    pub(crate) fn is_nothing(&self) -> bool {
        self.ranges.is_empty() && self.blocks.is_empty()
    }

    /// The condition on rows of the source, or `None` if all are wanted.
    pub(crate) fn condition(&self) -> Option<Expr> {
        let is_everything = self.ranges.contains(&(None, None));
        let ranges = self.ranges.iter().filter_map(|(from, until)| {
            let from = from.map(|from| col("insert_time").gt(time_literal(from)));
            let until = until.map(|until| col("insert_time").lt(time_literal(until)));
            conjunction(from.into_iter().chain(until))
        });
        let ids = |ids: &[Uuid]| ids.iter().map(|id| lit(id.to_string())).collect::<Vec<_>>();
        let blocks =
            (!self.blocks.is_empty()).then(|| col("block_id").in_list(ids(&self.blocks), false));
        let wanted = match is_everything {
            true => None,
            false => disjunction(ranges.chain(blocks)),
        };
        let without =
            (!self.without.is_empty()).then(|| col("block_id").in_list(ids(&self.without), true));
        conjunction(wanted.into_iter().chain(without))
    }

    /// The times of the first and the last wanted row, as texts: at or after the one, before the
    /// other.
    pub(crate) fn insert_times(&self, snapshot: Snapshot) -> (String, String) {
        let text = |time: DateTime<Utc>| time.to_rfc3339_opts(chrono::SecondsFormat::Nanos, true);
        let tick = TimeDelta::nanoseconds(1);
        let newest = snapshot.insert_time.checked_add_signed(tick).unwrap_or(snapshot.insert_time);
        let (mut begin, mut end) = (DateTime::UNIX_EPOCH, newest);
        if self.blocks.is_empty() {
            let from = self.ranges.iter().map(|(from, _)| *from).min().flatten();
            let is_open = self.ranges.iter().any(|(_, until)| until.is_none());
            let until = self.ranges.iter().filter_map(|(_, until)| *until).max();
            begin = from.and_then(|from| from.checked_add_signed(tick)).unwrap_or(begin);
            end = until.filter(|_| !is_open).unwrap_or(end);
        }
        (text(begin), text(end))
    }
}

pub(crate) fn time_literal(time: DateTime<Utc>) -> Expr {
    let zone = Some(Arc::from("+00:00"));
    lit(ScalarValue::TimestampNanosecond(Some(to_nanoseconds(time)), zone))
}

#[cfg(test)]
mod tests {
    use micromegas_lakehouse::{LedgerVersion, Scope, TimeRange};

    use super::*;

    fn number(number: u64) -> CommitSequence {
        CommitSequence::new(number)
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    /// A partition that covers numbers after the first up to the second, but for some. The block
    /// with the number n was committed at n seconds.
    fn partition(after: u64, up_to: u64, holes: &[u64]) -> PartitionRecord {
        let mut coverage = Coverage::from_range(number(after), number(up_to));
        for hole in holes {
            coverage.remove(number(*hole));
        }
        PartitionRecord {
            id: PartitionId(Uuid::from_u128(u128::from(up_to))),
            tenant: Tenant::default(),
            view: "v".to_owned(),
            scope: Scope::All,
            schema_version: 1,
            coverage,
            file: None,
            event_time: None,
            insert_time: TimeRange::new(at(after as i64 + 1), at(up_to as i64)),
            created: LedgerVersion::new(1),
            created_time: at(0),
            retired: None,
        }
    }

    fn gaps(written: &WrittenView) -> Vec<(u64, u64, Option<i64>, Option<i64>)> {
        let seconds = |time: Option<DateTime<Utc>>| time.map(|time| time.timestamp());
        let gaps = written.gaps.iter();
        gaps.map(|g| (g.after.as_u64(), g.up_to.as_u64(), seconds(g.from), seconds(g.until)))
            .collect()
    }

    #[test]
    fn gaps_lie_between_spans_and_holes_within() {
        let partitions = vec![partition(20, 30, &[25]), partition(5, 10, &[7, 8])];
        let written = WrittenView::of(partitions, Vec::new(), number(40));
        let expected =
            [(0, 5, None, Some(6)), (10, 20, Some(10), Some(21)), (30, 40, Some(30), None)];
        assert_eq!(gaps(&written), expected);
        assert_eq!(written.holes, [7, 8, 25].map(number));
    }

    #[test]
    fn what_touches_leaves_no_gap() {
        let partitions = vec![partition(0, 10, &[]), partition(10, 40, &[])];
        let written = WrittenView::of(partitions, Vec::new(), number(40));
        assert!(gaps(&written).is_empty() && written.holes.is_empty());
        assert!(Wanted::unwritten(&written, Missed::default()).is_nothing());
    }

    #[test]
    fn everything_is_wanted_of_what_was_never_written_down() {
        let written = WrittenView::of(Vec::new(), Vec::new(), number(40));
        let wanted = Wanted::unwritten(&written, Missed::default());
        assert!(!wanted.is_nothing());
        assert_eq!(wanted.condition(), None);
        let snapshot = Snapshot { insert_time: at(5), ..Snapshot::EMPTY };
        let (begin, end) = wanted.insert_times(snapshot);
        assert_eq!(begin, "1970-01-01T00:00:00.000000000Z");
        assert_eq!(end, "1970-01-01T00:00:05.000000001Z");
    }
}
