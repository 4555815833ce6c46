//! The progress bar of the indexer.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};

use super::workers::Job;

/// Steps of the bar.
const STEPS: u64 = 1000;

/// A bar that follows the job until it is finished. It shows only on a terminal.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
}

/// Starts following the job.
pub(crate) fn start(job: &Arc<Job>) -> Progress {
    let bar = ProgressBar::new(STEPS);
    if let Ok(style) = ProgressStyle::with_template("{bar:32} {elapsed:>3}  {msg}") {
        bar.set_style(style);
    }
    let follower = {
        let (bar, job) = (bar.clone(), Arc::clone(job));
        move || follow(&bar, &job)
    };
    // Without the thread the work goes on all the same, unseen.
    let _ = thread::Builder::new().name("progress".to_owned()).spawn(follower);
    Progress { bar }
}

fn follow(bar: &ProgressBar, job: &Job) {
    while !bar.is_finished() {
        bar.set_position((job.fraction_done() * STEPS as f64) as u64);
        bar.set_message(format!(
            "round {}, {} files, {}",
            job.round_count().max(1),
            HumanCount(job.file_count()),
            HumanBytes(job.byte_count())
        ));
        thread::sleep(Duration::from_millis(100));
    }
}

impl Progress {
    /// Takes the bar away.
    pub(crate) fn finish(self) {
        self.bar.finish_and_clear();
    }
}
