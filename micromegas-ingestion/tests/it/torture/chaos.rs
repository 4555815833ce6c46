//! What goes wrong with the stores.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::faulty_objects::Fault;
use super::place::Place;
use super::server::Servers;
use crate::s3_server::{self, mixed_faults};

/// More than a segment's age when its row is refused, less than when it may be swept.
const LATE_MINUTES: i64 = 11;
/// More than a segment's age when it may be swept.
const SWEPT_MINUTES: i64 = 61;

pub(super) struct Chaos {
    random: fastrand::Rng,
    place: Arc<Place>,
    servers: Arc<Servers>,
    /// What comes next, the last one first.
    kinds: Vec<u8>,
    counts: BTreeMap<&'static str, u32>,
}

impl Chaos {
    pub(super) fn new(random: fastrand::Rng, place: Arc<Place>, servers: Arc<Servers>) -> Self {
        Self { random, place, servers, kinds: Vec::new(), counts: BTreeMap::new() }
    }

    /// Disturbs the stores now and then until it is told to stop; then they work. Tells what has
    /// happened how often.
    pub(super) async fn run(mut self, mut stopping: watch::Receiver<()>) -> Vec<String> {
        loop {
            let peace = Duration::from_millis(self.random.u64(..800));
            tokio::select! {
                () = tokio::time::sleep(peace) => {}
                _ = stopping.changed() => break,
            }
            let time = Duration::from_millis(self.random.u64(50..2_500));
            match self.next_kind() {
                0 | 1 => self.disturb_objects(time).await,
                2 => self.stall_objects(time, 0).await,
                3 => self.stall_objects(time, LATE_MINUTES).await,
                4 => self.stall_objects(time, SWEPT_MINUTES).await,
                5 => self.hold_commits(time, 0).await,
                6 => self.hold_commits(time, SWEPT_MINUTES).await,
                _ => self.stop_database(time).await,
            }
        }
        self.counts.into_iter().map(|(what, count)| format!("{count} {what}")).collect()
    }

    /// Every kind comes about as often as any other, in any order.
    fn next_kind(&mut self) -> u8 {
        if self.kinds.is_empty() {
            self.kinds = (0..8).collect();
            self.random.shuffle(&mut self.kinds);
        }
        self.kinds.pop().unwrap_or(0)
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Requests to the object store fail, some of them after they were done.
    async fn disturb_objects(&mut self, time: Duration) {
        self.count("times failing objects");
        match &*self.place {
            Place::Embedded { .. } => {
                let afterwards = self.random.bool();
                let fault = if afterwards { Fault::FailAfterwards } else { Fault::Fail };
                self.servers.set_fault(fault);
                tokio::time::sleep(time).await;
                self.servers.set_fault(Fault::None);
            }
            Place::Shared { bucket, .. } => {
                let first = self.random.u64(..);
                bucket.set_faults(move |number| mixed_faults(number.wrapping_add(first)));
                tokio::time::sleep(time).await;
                bucket.set_faults(|_| s3_server::Fault::None);
            }
        }
    }

    /// Requests to the object store take long, and the clock goes on meanwhile.
    async fn stall_objects(&mut self, time: Duration, minutes: i64) {
        self.count(match minutes {
            0 => "object stalls",
            LATE_MINUTES => "object stalls of 11 minutes",
            _ => "object stalls of an hour",
        });
        match &*self.place {
            Place::Embedded { .. } => self.servers.set_fault(Fault::Stall),
            Place::Shared { bucket, .. } => {
                bucket.set_faults(move |_| s3_server::Fault::Latency(time));
            }
        }
        tokio::time::sleep(time / 2).await;
        if minutes > 0 {
            self.place.hold_commits(Duration::ZERO, minutes).await;
        }
        tokio::time::sleep(time / 2).await;
        match &*self.place {
            Place::Embedded { .. } => self.servers.set_fault(Fault::None),
            Place::Shared { bucket, .. } => bucket.set_faults(|_| s3_server::Fault::None),
        }
    }

    /// Commits wait for a lock, and the clock goes on meanwhile.
    async fn hold_commits(&mut self, time: Duration, minutes: i64) {
        self.count(if minutes == 0 { "commit stalls" } else { "commit stalls of an hour" });
        self.place.hold_commits(2 * time, minutes).await;
    }

    /// The database is stopped and started again, if it is a server.
    async fn stop_database(&mut self, time: Duration) {
        let Place::Shared { cluster, .. } = &*self.place else { return };
        let cluster = Arc::clone(cluster);
        let crashes = self.random.bool();
        self.count(if crashes { "database crashes" } else { "database stops" });
        let stopped = tokio::task::spawn_blocking(move || {
            if crashes {
                cluster.crash()
            } else {
                cluster.stop()
            }
            std::thread::sleep(time);
            cluster.restart();
        });
        stopped.await.unwrap();
    }
}
