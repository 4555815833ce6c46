//! Processes that the store has said are forgotten, so that nothing of theirs is written.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::lake::{InsertOutcome, RecordKey};

/// How long an answer of the store serves: a process may be let in again.
const ANSWER_AGE_MAX: Duration = Duration::from_secs(60);
/// The most answers kept.
const COUNT_MAX: usize = 10_000;

/// Answers of the store, kept for a while.
#[derive(Debug, Default)]
pub(crate) struct ForgottenProcesses {
    answers: Mutex<HashMap<RecordKey, Instant>>,
}

impl ForgottenProcesses {
    /// Refuses what belongs to a process that was forgotten when it was asked for last.
    pub(crate) fn check(&self, process: &RecordKey) -> Result<()> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        match answers.get(process) {
            Some(asked) if asked.elapsed() < ANSWER_AGE_MAX => Err(forgotten(process)),
            _ => Ok(()),
        }
    }

    /// What an outcome means to whoever sent the row; it is kept if the process is forgotten.
    pub(crate) fn note(&self, process: &RecordKey, outcome: InsertOutcome) -> Result<()> {
        match outcome {
            InsertOutcome::Forgotten => {
                let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
                if answers.len() >= COUNT_MAX {
                    answers.clear();
                }
                answers.insert(process.clone(), Instant::now());
                Err(forgotten(process))
            }
            InsertOutcome::Later => Err(Error::unavailable(
                "an object of the same name is being deleted: send the same again later",
            )),
            _ => Ok(()),
        }
    }
}

fn forgotten(process: &RecordKey) -> Error {
    Error::Forgotten { what: format!("process {}", process.id) }
}
