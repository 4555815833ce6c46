//! A lakehouse to which things happen: telemetry arrives, daemons work, die, and work again.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use datafusion::prelude::SessionContext;
use micromegas_analytics::{BlockCache, DaemonOptions, Error, InsertRange, Materializer};
use micromegas_lakehouse::{
    Error as LakehouseError, Lakehouse, MemoryStore, MetadataStore, PartitionFilter, SqliteStore,
    Tenant,
};
use proptest::prelude::*;

use super::check::{ask, ask_everything};
use super::naive::Naive;
use super::objects::ShakyObjects;
use super::world::{Clock, PROCESS_COUNT, STREAM_COUNT, Sent, Sketch, World, sketches};
use crate::fixture::TestLake;

/// Those that hold rows, and those that are queries over them.
const VIEWS: [&str; 4] = ["log_entries", "measures", "log_stats", "metric_stats"];
/// So short that a daemon that is slow loses it, and so does a dead one.
const LEASE_TTL: Duration = Duration::from_millis(2);

/// What becomes of a block on its way.
#[derive(Debug, Clone, Copy)]
pub(super) enum Delivery {
    /// It arrives.
    Now,
    /// It arrives when everything else has, or at a step that says so.
    Late,
    /// It was sampled out.
    Never,
    /// It arrives damaged.
    Corrupt,
}

/// Work of a daemon on one view.
#[derive(Debug, Clone, Copy)]
pub(super) struct Work {
    daemon: usize,
    view: usize,
    is_compaction: bool,
}

/// What happens next.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// A process records and sends a block.
    Send { stream: usize, sketches: Vec<Sketch>, times: (i16, i16), delivery: Delivery },
    /// The last block arrives again.
    Repeat,
    /// One of the late blocks arrives.
    Deliver { pick: usize },
    /// A daemon works.
    Work(Work),
    /// A daemon dies at work, so many places into it.
    Crash { work: Work, places: u16 },
    /// A daemon works while the object store fails once.
    Fail { work: Work, after: i64 },
    /// Two daemons work at once, and somebody asks.
    Race { works: [Work; 2], pick: u16 },
    /// Somebody ends partitions: those of the blocks from one fraction of all time to another.
    Retire { view: usize, from: u8, to: u8 },
    /// Somebody has partitions of such blocks made anew, as far as they lie within.
    Regenerate { view: usize, from: u8, to: u8 },
    /// Somebody has fresh blocks among them written down.
    Materialize { view: usize, from: u8, to: u8 },
    /// Somebody asks.
    Ask { pick: u16 },
    /// Somebody asks while the object store fails once: the answer is right, or there is none.
    AskFailing { pick: u16, after: i64 },
}

fn work() -> impl Strategy<Value = Work> {
    (0..2_usize, 0..VIEWS.len(), prop::bool::weighted(0.3))
        .prop_map(|(daemon, view, is_compaction)| Work { daemon, view, is_compaction })
}

/// Anything that may happen.
pub(super) fn step() -> impl Strategy<Value = Step> {
    let delivery = prop_oneof![
        12 => Just(Delivery::Now),
        2 => Just(Delivery::Late),
        2 => Just(Delivery::Never),
        1 => Just(Delivery::Corrupt),
    ];
    let times = (any::<i16>(), any::<i16>());
    prop_oneof![
        10 => (0..PROCESS_COUNT * STREAM_COUNT, sketches(), times, delivery).prop_map(
            |(stream, sketches, times, delivery)| Step::Send { stream, sketches, times, delivery }
        ),
        1 => Just(Step::Repeat),
        1 => any::<usize>().prop_map(|pick| Step::Deliver { pick }),
        5 => work().prop_map(Step::Work),
        1 => (work(), 0..40_u16).prop_map(|(work, places)| Step::Crash { work, places }),
        1 => (work(), 0..12_i64).prop_map(|(work, after)| Step::Fail { work, after }),
        1 => ([work(), work()], any::<u16>()).prop_map(|(works, pick)| Step::Race { works, pick }),
        1 => (0..VIEWS.len(), any::<u8>(), any::<u8>())
            .prop_map(|(view, from, to)| Step::Retire { view, from, to }),
        1 => (0..VIEWS.len(), any::<u8>(), any::<u8>())
            .prop_map(|(view, from, to)| Step::Regenerate { view, from, to }),
        1 => (0..VIEWS.len(), any::<u8>(), any::<u8>())
            .prop_map(|(view, from, to)| Step::Materialize { view, from, to }),
        3 => any::<u16>().prop_map(|pick| Step::Ask { pick }),
        1 => (any::<u16>(), 0..12_i64).prop_map(|(pick, after)| Step::AskFailing { pick, after }),
    ]
}

/// The lakehouse, its daemons, and everything that has arrived.
pub(super) struct Machine {
    lake: TestLake,
    context: SessionContext,
    objects: Arc<ShakyObjects>,
    world: World,
    daemons: [Materializer; 2],
    arrived: Vec<Sent>,
    late: Vec<Sent>,
    began: DateTime<Utc>,
    /// Whether a daemon has died, so that files may lie about.
    has_crashed: bool,
    _folder: Option<tempfile::TempDir>,
}

impl Machine {
    /// A lakehouse in memory, or with its metadata in a file.
    pub(super) async fn new(clocks: [Clock; PROCESS_COUNT], in_file: bool) -> Self {
        let objects = Arc::new(ShakyObjects::default());
        let folder = in_file.then(|| tempfile::tempdir().unwrap());
        let store: Arc<dyn MetadataStore> = match &folder {
            Some(folder) => {
                Arc::new(SqliteStore::open(&folder.path().join("metadata.sqlite")).await.unwrap())
            }
            None => Arc::new(MemoryStore::default()),
        };
        let lake = TestLake::of(Lakehouse::new(store, Arc::<ShakyObjects>::clone(&objects)));
        let daemon = |cache: BlockCache| {
            let options = DaemonOptions {
                cache,
                merge_width: 2,
                lease_ttl: LEASE_TTL,
                orphan_age: Duration::ZERO,
                payload_bytes_max: 600,
                ..DaemonOptions::default()
            };
            Materializer::try_new(lake.lakehouse.clone(), options).unwrap()
        };
        let daemons = [daemon(lake.options.cache.clone()), daemon(BlockCache::default())];
        let world = World::new(clocks);
        for process in &world.processes {
            let tenant = Tenant::default();
            lake.lake.insert_process(&tenant, process.info.clone()).await.unwrap();
        }
        for stream in &world.streams {
            lake.lake.insert_stream(&Tenant::default(), stream.info.clone()).await.unwrap();
        }
        Self {
            context: lake.context(),
            lake,
            objects,
            world,
            daemons,
            arrived: Vec::new(),
            late: Vec::new(),
            began: Utc::now(),
            has_crashed: false,
            _folder: folder,
        }
    }

    fn naive(&self) -> Naive<'_> {
        Naive { world: &self.world, arrived: &self.arrived }
    }

    pub(super) async fn apply(&mut self, step: Step) {
        match step {
            Step::Send { stream, sketches, times, delivery } => {
                let sent = self.world.record(stream, &sketches, times);
                match delivery {
                    Delivery::Now => self.arrive(sent).await,
                    Delivery::Late => self.late.push(sent),
                    Delivery::Never => self.world.lose(&sent),
                    Delivery::Corrupt => self.arrive(sent.corrupted()).await,
                }
            }
            Step::Repeat => {
                if let Some(last) = self.arrived.last() {
                    self.lake.send_block(last.block.clone()).await;
                }
            }
            Step::Deliver { pick } => {
                if !self.late.is_empty() {
                    let sent = self.late.swap_remove(pick % self.late.len());
                    self.arrive(sent).await;
                }
            }
            Step::Work(work) => accept(self.work(work).await),
            Step::Crash { work, places } => {
                die_after(places, self.work(work)).await;
                self.has_crashed = true;
                tokio::time::sleep(LEASE_TTL).await;
            }
            Step::Fail { work, after } => {
                self.objects.fail_after(after);
                // Whatever it answers, what it has done must hold.
                drop(self.work(work).await);
                self.objects.heal();
                self.has_crashed = true;
            }
            Step::Race { works, pick } => {
                let naive = self.naive();
                let [first, second] = works.map(|work| self.work(work));
                let (first, second, answer) =
                    tokio::join!(first, second, ask(&self.context, &naive, pick));
                accept(first);
                accept(second);
                answer.unwrap();
            }
            Step::Retire { view, from, to } => {
                let range = self.range(from, to);
                let daemon = &self.daemons[0];
                daemon.retire(&Tenant::default(), VIEWS[view], range).await.unwrap();
            }
            Step::Regenerate { view, from, to } => {
                let (range, daemon) = (self.range(from, to), &self.daemons[0]);
                let tenant = Tenant::default();
                match daemon.regenerate_range(&tenant, VIEWS[view], range, None, &drop).await {
                    Err(Error::InvalidInput { message }) => {
                        let is_query = message.contains("retire its partitions");
                        assert!(is_query || message.contains("across the border"), "{message}");
                    }
                    result => accept(result.map(drop)),
                }
            }
            Step::Materialize { view, from, to } => {
                let (range, daemon) = (self.range(from, to), &self.daemons[1]);
                let tenant = Tenant::default();
                let done = daemon.materialize_range(&tenant, VIEWS[view], range, None, &drop).await;
                accept(done.map(drop));
            }
            Step::Ask { pick } => ask(&self.context, &self.naive(), pick).await.unwrap(),
            Step::AskFailing { pick, after } => {
                self.objects.fail_after(after);
                // A wrong answer is a panic in there; no answer is none.
                drop(ask(&self.context, &self.naive(), pick).await);
                self.objects.heal();
            }
        }
    }

    /// From one fraction of all time until now to another.
    fn range(&self, from: u8, to: u8) -> InsertRange {
        let elapsed = (Utc::now() - self.began) + TimeDelta::milliseconds(1);
        let at = |part: u8| self.began + elapsed * i32::from(part) / 255;
        InsertRange::try_new(at(from.min(to)), at(from.max(to))).unwrap()
    }

    async fn arrive(&mut self, sent: Sent) {
        self.lake.send_block(sent.block.clone()).await;
        self.arrived.push(sent);
    }

    async fn work(&self, work: Work) -> Result<(), Error> {
        let (daemon, tenant) = (&self.daemons[work.daemon], Tenant::default());
        match work.is_compaction {
            true => daemon.compact(&tenant, VIEWS[work.view]).await.map(drop),
            false => daemon.materialize(&tenant, VIEWS[work.view]).await.map(drop),
        }
    }

    /// Everything arrives, is written down and merged; the answers stay the same all the while.
    pub(super) async fn finish(mut self, pick: u16) {
        for sent in std::mem::take(&mut self.late) {
            self.arrive(sent).await;
        }
        ask_everything(&self.context, &self.naive(), pick).await.unwrap();
        let tenant = Tenant::default();
        for view in VIEWS {
            // Leases of the dead end by themselves.
            for _ in 0..100 {
                accept(self.daemons[0].materialize(&tenant, view).await.map(drop));
                accept(self.daemons[0].compact(&tenant, view).await.map(drop));
                if self.is_written_down(view).await {
                    break;
                }
                tokio::time::sleep(LEASE_TTL).await;
            }
            assert!(self.is_written_down(view).await, "{view} is not written down");
        }
        ask_everything(&self.context, &self.naive(), pick).await.unwrap();
        // What the dead left is swept; the living leave nothing.
        let swept = self.daemons[0].sweep_orphans().await.unwrap();
        assert!(swept == 0 || self.has_crashed, "{swept} files without a partition");
        self.check_files().await;
        ask_everything(&self.context, &self.naive(), pick).await.unwrap();
    }

    /// Whether no block of a view is fresh.
    async fn is_written_down(&self, view: &str) -> bool {
        let plan = self.lake.explain(&format!("SELECT count(*) FROM {view}")).await;
        !plan.contains("FreshBlocksExec")
    }

    /// Every file of a partition is in the ledger: who loses a race takes his file away again.
    async fn check_files(&self) {
        use futures::TryStreamExt;
        use object_store::ObjectStore;
        let store = self.lake.lakehouse.store();
        let version = store.snapshot().await.unwrap().ledger_version;
        let (tenants, filter) = ([Tenant::default()], PartitionFilter::default());
        let live = store.list_partitions(&tenants, version, &filter).await.unwrap();
        let retired = store.list_retired_partitions(Duration::ZERO, 100_000).await.unwrap();
        let files = live.into_iter().filter_map(|partition| partition.file);
        let files = files.chain(retired.into_iter().filter_map(|partition| partition.file));
        let mut expected: Vec<String> = files.map(|file| file.key).collect();
        let prefix = object_store::path::Path::from("views");
        let listed = self.objects.list(Some(&prefix)).try_collect::<Vec<_>>().await.unwrap();
        let mut found: Vec<String> =
            listed.into_iter().map(|meta| meta.location.to_string()).collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected);
    }
}

/// Losing a lease to somebody faster is no failure.
fn accept(result: Result<(), Error>) {
    match result {
        Ok(()) => {}
        Err(Error::Lakehouse { source }) if matches!(*source, LakehouseError::Conflict { .. }) => {}
        Err(error) => panic!("{error}"),
    }
}

/// Polls a future so often at most, then drops it.
async fn die_after<F: Future>(places: u16, future: F) {
    let mut future = pin!(future);
    let mut polled = 0;
    poll_fn(|context| {
        if polled == places || future.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        polled += 1;
        Poll::Pending
    })
    .await;
}
