//! What the indexer did and recorded, for people and for programs.

use anyhow::{Context, Result};
use indicatif::{HumanBytes, HumanCount};
use micromegas_tracing::{Counts, Stats, process_id};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::workers::Job;

/// What was done.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Summary {
    /// The process as the lake knows it.
    pub(crate) process_id: Uuid,
    pub(crate) seconds: f64,
    pub(crate) rounds: u64,
    pub(crate) files: u64,
    pub(crate) unreadable_files: u64,
    pub(crate) bytes: u64,
    pub(crate) recorded: Events,
    pub(crate) dropped: Events,
}

/// Numbers of events by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Events {
    pub(crate) log_entries: u64,
    pub(crate) metrics: u64,
    pub(crate) thread_span_events: u64,
    pub(crate) async_span_events: u64,
}

impl From<Counts> for Events {
    fn from(counts: Counts) -> Self {
        Self {
            log_entries: counts.logs,
            metrics: counts.metrics,
            thread_span_events: counts.thread_span_events,
            async_span_events: counts.async_span_events,
        }
    }
}

impl Events {
    pub(crate) fn total(self) -> u64 {
        self.log_entries + self.metrics + self.thread_span_events + self.async_span_events
    }
}

impl Summary {
    pub(crate) fn new(job: &Job, stats: Stats) -> Self {
        Self {
            process_id: process_id().unwrap_or_default(),
            seconds: job.elapsed().as_secs_f64(),
            rounds: job.round_count(),
            files: job.file_count(),
            unreadable_files: job.unreadable_count(),
            bytes: job.byte_count(),
            recorded: stats.recorded.into(),
            dropped: stats.dropped.into(),
        }
    }

    pub(crate) fn print_json(&self) -> Result<()> {
        println!("{}", serde_json::to_string(self).context("the summary has no JSON form")?);
        Ok(())
    }

    pub(crate) fn print_text(&self) -> Result<()> {
        println!("{}", self.sentence());
        println!(
            "Process {}: {} events recorded.",
            self.process_id,
            HumanCount(self.recorded.total())
        );
        Ok(())
    }

    /// What was done, in a sentence.
    pub(crate) fn sentence(&self) -> String {
        let rounds = if self.rounds == 1 { "round" } else { "rounds" };
        format!(
            "Indexed {} files, {}, in {:.1} s and {} {rounds}; {} could not be read.",
            HumanCount(self.files),
            HumanBytes(self.bytes),
            self.seconds,
            self.rounds,
            HumanCount(self.unreadable_files)
        )
    }
}
