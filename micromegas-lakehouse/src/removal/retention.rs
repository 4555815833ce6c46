//! Retention: what has been in the lake for long enough leaves it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::audit::NewAuditRecord;
use crate::error::{Error, Result};
use crate::lake::{BlockFilter, BlockRecord, ProcessFilter, RecordKey, StreamFilter};
use crate::removal::RemovedProcesses;
use crate::sequence::CommitSequence;
use crate::store::MetadataStore;
use crate::tenant::Tenant;

/// How many rows one transaction removes: what inserts wait for.
const ROW_COUNT_MAX: usize = 500;

/// How long the lake keeps what it holds, by the tags of streams. Age counts from `insert_time`.
///
/// A stream with several tags that are named here is kept for the longest of their times; one
/// without such a tag, and blocks whose stream never came, for [`age`](Self::age).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetentionPolicy {
    /// For streams whose tags say nothing else; `None` keeps them for good.
    pub age: Option<Duration>,
    /// By tag; `None` keeps streams with the tag for good.
    pub ages_by_tag: BTreeMap<String, Option<Duration>>,
    /// How long a process must have been silent, at least, before it and its streams are removed
    /// once they have no block left. A process that goes on after that sends blocks of streams
    /// that the lake does not know any more, so this is longer than any live process is silent.
    pub process_silence_min: Option<Duration>,
}

/// The silence after which an empty process is removed, unless the policy says another.
const PROCESS_SILENCE_MIN: Duration = Duration::from_secs(7 * 24 * 3600);

impl RetentionPolicy {
    /// Everything for as long.
    pub fn of_age(age: Duration) -> Self {
        Self { age: Some(age), ..Self::default() }
    }

    /// Whether it keeps everything for good.
    pub fn is_endless(&self) -> bool {
        self.ages().all(|age| age.is_none())
    }

    fn ages(&self) -> impl Iterator<Item = Option<Duration>> {
        std::iter::once(self.age).chain(self.ages_by_tag.values().copied())
    }

    /// How long a stream with these tags is kept.
    pub(crate) fn age_of(&self, tags: &[String]) -> Option<Duration> {
        let mut named = tags.iter().filter_map(|tag| self.ages_by_tag.get(tag)).peekable();
        if named.peek().is_none() {
            return self.age;
        }
        // Of several the longest, and for good is longer than any.
        named.copied().try_fold(Duration::ZERO, |longest, age| Some(longest.max(age?)))
    }

    /// The different ages, the shortest first.
    fn distinct_ages(&self) -> BTreeSet<Duration> {
        self.ages().flatten().collect()
    }
}

/// What a round of retention has removed, or would.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Expired {
    /// Complete blocks.
    pub blocks: u64,
    /// Their payloads' bytes, which go when nothing else lies in their objects.
    pub bytes: u64,
    /// Blocks that waited for their stream or process.
    pub waiting_blocks: u64,
    /// Streams of processes that are removed.
    pub streams: u64,
    /// Processes without any block, that have been silent.
    pub processes: u64,
}

impl Expired {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// Applies a policy, round by round. What a round has looked at and kept is not looked at again
/// before it is of another age: numbers of blocks are in the order of their `insert_time`.
#[derive(Debug)]
pub struct Retention {
    policy: RetentionPolicy,
    actor: String,
    /// Up to where blocks of each age were looked at, by tenant.
    seen: HashMap<(Tenant, Duration), CommitSequence>,
}

impl Retention {
    /// Retention by a policy; `actor` is who the audit log says it is done by.
    pub fn new(policy: RetentionPolicy, actor: impl Into<String>) -> Self {
        Self { policy, actor: actor.into(), seen: HashMap::new() }
    }

    /// Removes what is too old, of all tenants, in many small transactions. A round that ends
    /// early has removed some of it, and the next one goes on.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if the store does not answer.
    pub async fn apply(&mut self, store: &dyn MetadataStore) -> Result<Expired> {
        self.round(store, false).await
    }

    /// Tells what [`apply`](Self::apply) would remove, and removes nothing.
    ///
    /// # Errors
    ///
    /// As [`apply`](Self::apply).
    pub async fn preview(&self, store: &dyn MetadataStore) -> Result<Expired> {
        let mut fresh = Self::new(self.policy.clone(), self.actor.clone());
        fresh.round(store, true).await
    }

    async fn round(&mut self, store: &dyn MetadataStore, is_dry: bool) -> Result<Expired> {
        let mut total = Expired::default();
        if self.policy.is_endless() {
            return Ok(total);
        }
        let now = store.now().await?;
        for tenant in store.list_tenants().await? {
            let mut expired = Expired::default();
            let done = self.expire_tenant(store, &tenant, now, is_dry, &mut expired).await;
            if !is_dry && !expired.is_nothing() {
                self.remember(store, &tenant, &expired).await?;
            }
            total.blocks += expired.blocks;
            total.bytes += expired.bytes;
            total.waiting_blocks += expired.waiting_blocks;
            total.streams += expired.streams;
            total.processes += expired.processes;
            done?;
        }
        Ok(total)
    }

    async fn expire_tenant(
        &mut self,
        store: &dyn MetadataStore,
        tenant: &Tenant,
        now: DateTime<Utc>,
        is_dry: bool,
        expired: &mut Expired,
    ) -> Result<()> {
        for age in self.policy.distinct_ages() {
            self.expire_blocks(store, tenant, (age, before(now, age)?), is_dry, expired).await?;
        }
        if let Some(age) = self.policy.age {
            expire_waiting(store, tenant, before(now, age)?, is_dry, expired).await?;
        }
        let silence = self.policy.process_silence_min.unwrap_or(PROCESS_SILENCE_MIN);
        if !is_dry {
            remove_silent_processes(store, tenant, before(now, silence)?, expired).await?;
        }
        Ok(())
    }

    /// Removes the blocks that are kept for `age` and came before `limit`.
    async fn expire_blocks(
        &mut self,
        store: &dyn MetadataStore,
        tenant: &Tenant,
        (age, limit): (Duration, DateTime<Utc>),
        is_dry: bool,
        expired: &mut Expired,
    ) -> Result<()> {
        let up_to = store.sequence_at(limit).await?;
        let place = self.seen.entry((tenant.clone(), age)).or_default();
        let mut ages = HashMap::new();
        while *place < up_to {
            let filter = BlockFilter::range(*place, up_to);
            let tenants = std::slice::from_ref(tenant);
            let page = store.list_blocks(tenants, &filter, ROW_COUNT_MAX).await?;
            learn_ages(store, tenant, &self.policy, &page, &mut ages).await?;
            let (numbers, bytes): (Vec<_>, Vec<_>) = page
                .iter()
                .filter(|block| ages.get(&block.stream_id) == Some(&Some(age)))
                .map(|block| (block.sequence, block.payload.length))
                .unzip();
            expired.blocks += match is_dry {
                true => numbers.len() as u64,
                false if numbers.is_empty() => 0,
                false => store.remove_blocks(tenant, &numbers).await?,
            };
            expired.bytes += bytes.iter().sum::<u64>();
            *place = match page.last() {
                Some(last) if page.len() == ROW_COUNT_MAX => last.sequence,
                _ => up_to,
            };
        }
        Ok(())
    }

    async fn remember(
        &self,
        store: &dyn MetadataStore,
        tenant: &Tenant,
        expired: &Expired,
    ) -> Result<()> {
        let record = NewAuditRecord::new(tenant.clone(), &self.actor, "lake.expire", "*")
            .with("blocks", expired.blocks.to_string())
            .with("bytes", expired.bytes.to_string())
            .with("waiting_blocks", expired.waiting_blocks.to_string())
            .with("streams", expired.streams.to_string())
            .with("processes", expired.processes.to_string());
        store.append_audit(vec![record]).await
    }
}

fn before(now: DateTime<Utc>, age: Duration) -> Result<DateTime<Utc>> {
    let age = TimeDelta::from_std(age).ok();
    age.and_then(|age| now.checked_sub_signed(age))
        .ok_or_else(|| Error::invalid("an age of retention is longer than time itself"))
}

/// Finds how long the streams of some blocks are kept.
async fn learn_ages(
    store: &dyn MetadataStore,
    tenant: &Tenant,
    policy: &RetentionPolicy,
    blocks: &[BlockRecord],
    ages: &mut HashMap<Uuid, Option<Duration>>,
) -> Result<()> {
    let unknown: BTreeSet<_> = blocks.iter().map(|block| block.stream_id).collect();
    let unknown: Vec<_> = unknown.into_iter().filter(|id| !ages.contains_key(id)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let count = unknown.len();
    let filter = StreamFilter { stream_ids: Some(unknown), ..StreamFilter::default() };
    for stream in store.list_streams(std::slice::from_ref(tenant), &filter, count).await? {
        ages.insert(stream.stream_id, policy.age_of(&stream.tags));
    }
    Ok(())
}

/// Removes blocks that have waited since before `limit`.
async fn expire_waiting(
    store: &dyn MetadataStore,
    tenant: &Tenant,
    limit: DateTime<Utc>,
    is_dry: bool,
    expired: &mut Expired,
) -> Result<()> {
    let tenants = std::slice::from_ref(tenant);
    let mut after = None;
    loop {
        let page = store.list_waiting_blocks(tenants, after.as_ref(), ROW_COUNT_MAX).await?;
        let old = page.iter().filter(|block| block.arrival_time <= limit);
        let (ids, bytes): (Vec<_>, Vec<_>) =
            old.map(|block| (block.block_id, block.payload.length)).unzip();
        expired.waiting_blocks += match is_dry {
            true => ids.len() as u64,
            false if ids.is_empty() => 0,
            false => store.remove_waiting_blocks(tenant, &ids).await?,
        };
        expired.bytes += bytes.iter().sum::<u64>();
        match page.last() {
            Some(last) if page.len() == ROW_COUNT_MAX => {
                after = Some(RecordKey::new(tenant.clone(), last.block_id));
            }
            _ => return Ok(()),
        }
    }
}

/// Removes processes, and their streams, that have no block and were silent since `limit`.
async fn remove_silent_processes(
    store: &dyn MetadataStore,
    tenant: &Tenant,
    limit: DateTime<Utc>,
    expired: &mut Expired,
) -> Result<()> {
    let tenants = std::slice::from_ref(tenant);
    let mut filter = ProcessFilter::default();
    loop {
        let page = store.list_processes(tenants, &filter, ROW_COUNT_MAX).await?;
        let silent = page
            .iter()
            .filter(|process| process.last_update_time.unwrap_or(process.insert_time) < limit);
        let ids: Vec<_> = silent.map(|process| process.info.process_id).collect();
        if !ids.is_empty() {
            let RemovedProcesses { processes, streams } =
                store.remove_idle_processes(tenant, &ids, limit).await?;
            expired.processes += processes;
            expired.streams += streams;
        }
        match page.last() {
            Some(last) if page.len() == ROW_COUNT_MAX => {
                filter.after = Some(RecordKey::new(tenant.clone(), last.info.process_id));
            }
            _ => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    #[test]
    fn of_several_tags_the_longest_age_counts() {
        let policy = RetentionPolicy {
            age: Some(30 * DAY),
            ages_by_tag: BTreeMap::from([
                ("cpu".to_owned(), Some(7 * DAY)),
                ("log".to_owned(), Some(90 * DAY)),
                ("audit".to_owned(), None),
            ]),
            process_silence_min: None,
        };
        let age = |tags: &[&str]| {
            policy.age_of(&tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(age(&[]), Some(30 * DAY));
        assert_eq!(age(&["net"]), Some(30 * DAY));
        assert_eq!(age(&["cpu", "net"]), Some(7 * DAY));
        assert_eq!(age(&["cpu", "log"]), Some(90 * DAY));
        assert_eq!(age(&["cpu", "audit"]), None);
        assert!(!policy.is_endless());
        assert!(RetentionPolicy::default().is_endless());
    }
}
