//! The threads that index files.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use micromegas_tracing::prelude::*;
use tokio::sync::mpsc::Sender;

use super::file::{Entry, Scratch, index_file};

/// What there is to do, and how far it is done. All workers share one.
#[derive(Debug)]
pub(crate) struct Job {
    files: Vec<PathBuf>,
    begin: Instant,
    duration: Duration,
    taken: AtomicUsize,
    indexed: AtomicU64,
    unreadable: AtomicU64,
    bytes: AtomicU64,
}

impl Job {
    /// The files in their order, again and again until the duration is over; at least once.
    pub(crate) fn new(files: Vec<PathBuf>, duration: Duration) -> Self {
        Self {
            files,
            begin: Instant::now(),
            duration,
            taken: AtomicUsize::new(0),
            indexed: AtomicU64::new(0),
            unreadable: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        }
    }

    fn next(&self) -> Option<&PathBuf> {
        if self.is_over() {
            return None;
        }
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        if number > 0 && number.is_multiple_of(self.files.len()) {
            if self.duration.is_zero() {
                return None;
            }
            info!("round {} begins", number / self.files.len() + 1);
        }
        (!self.duration.is_zero() || number < self.files.len())
            .then(|| &self.files[number % self.files.len()])
    }

    fn is_over(&self) -> bool {
        !self.duration.is_zero() && self.begin.elapsed() >= self.duration
    }

    /// Files indexed so far, each time counted.
    pub(crate) fn file_count(&self) -> u64 {
        self.indexed.load(Ordering::Relaxed)
    }

    /// Files that could not be read so far.
    pub(crate) fn unreadable_count(&self) -> u64 {
        self.unreadable.load(Ordering::Relaxed)
    }

    /// Bytes read so far.
    pub(crate) fn byte_count(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Rounds over the directory that were begun.
    pub(crate) fn round_count(&self) -> u64 {
        (self.file_count() + self.unreadable_count()).div_ceil(self.files.len() as u64)
    }

    /// Time since the work began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.begin.elapsed()
    }

    /// How far the work is, from 0 to 1.
    pub(crate) fn fraction_done(&self) -> f64 {
        if self.duration.is_zero() {
            self.taken.load(Ordering::Relaxed) as f64 / self.files.len() as f64
        } else {
            self.elapsed().as_secs_f64() / self.duration.as_secs_f64()
        }
    }
}

/// Works until nothing is left to do.
pub(crate) fn run(job: &Job, thread_count: usize, entries: Sender<Entry>) -> Result<()> {
    thread::scope(|scope| {
        let workers: Vec<_> = (0..thread_count)
            .map(|number| {
                let entries = entries.clone();
                thread::Builder::new()
                    .name(format!("indexer-{number}"))
                    .spawn_scoped(scope, move || work(job, &entries))
                    .context("a worker thread cannot be started")
            })
            .collect::<Result<_>>()?;
        for worker in workers {
            worker.join().map_err(|_| anyhow!("a worker thread panicked"))?;
        }
        Ok(())
    })
}

fn work(job: &Job, entries: &Sender<Entry>) {
    let mut scratch = Scratch::new();
    while let Some(path) = job.next() {
        match index_file(path, &mut scratch) {
            Ok(entry) => {
                job.indexed.fetch_add(1, Ordering::Relaxed);
                job.bytes.fetch_add(entry.size_bytes, Ordering::Relaxed);
                describe(&entry);
                // The writer goes away only when it failed, and its own error is told then.
                let _ = entries.blocking_send(entry);
            }
            Err(error) => {
                job.unreadable.fetch_add(1, Ordering::Relaxed);
                error!("cannot read {}: {error}", path.display());
            }
        }
    }
}

/// Says what is remarkable about a file.
fn describe(entry: &Entry) {
    if entry.size_bytes >= 1 << 20 {
        info!("{} is large: {} bytes", entry.path.display(), entry.size_bytes);
    }
    if entry.size_bytes > 4096 && entry.compressed_bytes * 20 > entry.size_bytes * 19 {
        warn!("{} does not compress", entry.path.display());
    }
    debug!("{} has {} lines", entry.path.display(), entry.line_count);
}
