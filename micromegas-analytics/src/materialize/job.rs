//! Work over a range of `insert_time`, done once and reported step by step.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use micromegas_lakehouse::{CommitSequence, Lease, PartitionRecord, Tenant};

use super::materializer::{Effort, Materializer, Progress};
use super::retire::InsertRange;
use super::target::Target;
use crate::error::Error;
use crate::scan::{BlockSelection, SequenceRange, fresh_blocks};
use crate::sql_view::Gap;
use crate::view::View;

/// How long a job waits before it asks for a lease again.
const LEASE_PAUSE: Duration = Duration::from_millis(500);

/// Whom a job tells what it does.
pub(crate) type Report<'a> = &'a (dyn Fn(String) + Send + Sync);

impl Materializer {
    /// Writes down the fresh blocks of a view whose `insert_time` is in a range, those of each
    /// `step` of it in partitions of their own; all in one step if it is none. `report` hears of
    /// each step. Waits for whoever holds the lease of the view.
    ///
    /// # Errors
    ///
    /// If the view does not exist, the step is not positive, the lakehouse is not available, or
    /// the lease was lost. What was committed before stays.
    pub async fn materialize_range(
        &self,
        tenant: &Tenant,
        view: &str,
        range: InsertRange,
        step: Option<TimeDelta>,
        report: &(dyn Fn(String) + Send + Sync),
    ) -> Result<Progress, Error> {
        let target = self.target(tenant, view).await?;
        let name = target.name();
        let mut total = Progress::default();
        let windows = Windows::new(range, step)?;
        let mut after = self.sequence_before(range.begin).await?;
        let end = self.sequence_before(range.end).await?;
        while let Some(time) = self.next_fresh(tenant, &target, after, end).await? {
            let window = windows.at(time);
            let up_to = self.sequence_before(window.end).await?.min(end);
            let lease = self.acquire_waiting(tenant, name, report).await?;
            let done = match &target {
                Target::View(view) => {
                    let bounds = Some(SequenceRange { after, up_to });
                    self.pass(tenant, view, lease, Effort::Everything, bounds).await?
                }
                Target::Sql(view) => {
                    let from = window.begin.checked_sub_signed(TimeDelta::nanoseconds(1));
                    let bounds = Gap { after, up_to, from, until: Some(window.end) };
                    self.pass_sql(tenant, view, lease, Effort::Everything, Some(bounds)).await?
                }
            };
            report(format!(
                "{name}, {} to {}: {} blocks with {} rows written down in {} partitions{}",
                text(window.begin),
                text(window.end),
                done.block_count,
                done.row_count,
                done.partition_count,
                match done.failed_block_count {
                    0 => String::new(),
                    count => format!(", {count} blocks could not be fetched and stay fresh"),
                }
            ));
            total += done;
            after = up_to;
        }
        report(format!("{name}: {} blocks written down in all", total.block_count));
        Ok(total)
    }

    /// Makes the partitions of a view anew whose blocks have an `insert_time` in a range. Each must
    /// lie within one `step` of the range, or within the range if there is none. Partitions are
    /// replaced one by one; queries see the old one or the new one.
    ///
    /// # Errors
    ///
    /// As [`materialize_range`](Self::materialize_range), and if a partition lies across the border
    /// of a step, or has rows of blocks that the lake does not hold any more.
    pub async fn regenerate_range(
        &self,
        tenant: &Tenant,
        view: &str,
        range: InsertRange,
        step: Option<TimeDelta>,
        report: &(dyn Fn(String) + Send + Sync),
    ) -> Result<u64, Error> {
        let target = self.target(tenant, view).await?;
        let name = target.name();
        let Target::View(view) = &target else {
            return Err(Error::invalid(format!(
                "{name} is a query over {}: retire its partitions, and they are made anew from there",
                target.source().definition().name
            )));
        };
        let windows = Windows::new(range, step)?;
        let partitions = self.live_partitions(tenant, view).await?;
        let begin_and_end = |partition: &PartitionRecord| {
            (text(partition.insert_time.min), text(partition.insert_time.max))
        };
        let mut chosen = Vec::new();
        for partition in partitions {
            let (min, max) = (partition.insert_time.min, partition.insert_time.max);
            if max < range.begin || min >= range.end {
                continue;
            }
            let window = windows.at(min.max(range.begin));
            if !window.contains(&partition.insert_time) {
                let (first, last) = begin_and_end(&partition);
                return Err(Error::invalid(format!(
                    "partition {} of {name} goes from {first} to {last}, across the border of the \
                     step from {} to {}: choose a range and a step that its blocks lie within",
                    partition.id,
                    text(window.begin),
                    text(window.end)
                )));
            }
            chosen.push(partition);
        }
        let mut lease = self.acquire_waiting(tenant, name, report).await?;
        let store = self.engine.lakehouse().store();
        let result = async {
            let mut row_count = 0;
            for old in &chosen {
                let rows = self.regenerate_partition(tenant, view, &lease, old).await?;
                let (first, last) = begin_and_end(old);
                report(format!("{name}, {first} to {last}: {rows} rows made anew"));
                row_count += rows;
                lease = store.renew_lease(&lease.token, self.options.lease_ttl).await?;
            }
            Ok(row_count)
        }
        .await;
        store.release_lease(&lease.token).await?;
        report(format!("{name}: {} partitions made anew in all", chosen.len()));
        result
    }

    /// The number of the last block that was committed before a time.
    async fn sequence_before(&self, time: DateTime<Utc>) -> Result<CommitSequence, Error> {
        let before = time.checked_sub_signed(TimeDelta::nanoseconds(1)).unwrap_or(time);
        Ok(self.engine.lakehouse().store().sequence_at(before).await?)
    }

    /// The live partitions of a view.
    async fn live_partitions(
        &self,
        tenant: &Tenant,
        view: &Arc<dyn View>,
    ) -> Result<Vec<PartitionRecord>, Error> {
        let (engine, name) = (&self.engine, view.definition().name);
        let version = engine.lakehouse().store().snapshot().await?.ledger_version;
        let written = engine.ledger().fetch(engine, tenant, name, None, version).await?;
        Ok(written.partitions.clone())
    }

    /// The `insert_time` of the first fresh block with a number in a range.
    async fn next_fresh(
        &self,
        tenant: &Tenant,
        target: &Target,
        after: CommitSequence,
        up_to: CommitSequence,
    ) -> Result<Option<DateTime<Utc>>, Error> {
        if after >= up_to {
            return Ok(None);
        }
        let (engine, name, view) = (&self.engine, target.name(), target.source());
        let version = engine.lakehouse().store().snapshot().await?.ledger_version;
        let written = engine.ledger().fetch(engine, tenant, name, None, version).await?;
        let covered = target.covered(&written.partitions);
        let (range, all) = (SequenceRange { after, up_to }, BlockSelection::default());
        let fresh = fresh_blocks(engine, view, tenant, range, &covered, &all, 1).await?;
        Ok(fresh.first().map(|block| block.insert_time))
    }

    async fn acquire_waiting(
        &self,
        tenant: &Tenant,
        view: &str,
        report: Report<'_>,
    ) -> Result<Lease, Error> {
        let mut was_told = false;
        loop {
            if let Some(lease) = self.acquire_named(tenant, view).await? {
                return Ok(lease);
            }
            if !std::mem::replace(&mut was_told, true) {
                report(format!("waiting for who works on {view} now"));
            }
            tokio::time::sleep(LEASE_PAUSE).await;
        }
    }
}

/// A time as people read it.
fn text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

/// The steps of a range.
struct Windows {
    range: InsertRange,
    step: Option<TimeDelta>,
}

impl Windows {
    fn new(range: InsertRange, step: Option<TimeDelta>) -> Result<Self, Error> {
        match step {
            Some(step) if step <= TimeDelta::zero() => {
                Err(Error::invalid("the step is longer than nothing"))
            }
            _ => Ok(Self { range, step }),
        }
    }

    /// The step in which a time of the range lies.
    fn at(&self, time: DateTime<Utc>) -> InsertRange {
        let Some(step) = self.step else { return self.range };
        let step_ns = step.num_nanoseconds().map_or(i128::MAX, i128::from);
        let elapsed = time - self.range.begin;
        let elapsed_ns =
            i128::from(elapsed.num_seconds()) * 1_000_000_000 + i128::from(elapsed.subsec_nanos());
        let before_ns = elapsed_ns.div_euclid(step_ns).saturating_mul(step_ns);
        let offset = |ns: i128| {
            let seconds = i64::try_from(ns.div_euclid(1_000_000_000)).ok()?;
            let delta = TimeDelta::new(seconds, ns.rem_euclid(1_000_000_000) as u32)?;
            self.range.begin.checked_add_signed(delta)
        };
        let begin = offset(before_ns).unwrap_or(self.range.begin);
        let end = offset(before_ns.saturating_add(step_ns)).unwrap_or(self.range.end);
        InsertRange { begin, end: end.min(self.range.end) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn steps_tile_the_range_and_end_with_it() {
        let range = InsertRange::try_new(at(100), at(225)).unwrap();
        let steps = Windows::new(range, Some(TimeDelta::seconds(50))).unwrap();
        let of = |begin, end| InsertRange { begin: at(begin), end: at(end) };
        assert_eq!(steps.at(at(100)), of(100, 150));
        assert_eq!(steps.at(at(149)), of(100, 150));
        assert_eq!(steps.at(at(150)), of(150, 200));
        assert_eq!(steps.at(at(224)), of(200, 225));
        let whole = Windows::new(range, None).unwrap();
        assert_eq!(whole.at(at(180)), range);
        assert!(Windows::new(range, Some(TimeDelta::zero())).is_err());
        let wide = Windows::new(range, Some(TimeDelta::MAX)).unwrap();
        assert_eq!(wide.at(at(180)), range);
    }
}
