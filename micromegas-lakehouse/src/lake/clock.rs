//! The metadata store's clock, asked rarely.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

use crate::error::Result;
use crate::store::MetadataStore;

/// How long an answer of the store serves.
const ANSWER_AGE_MAX: Duration = Duration::from_secs(60);

/// What the store's clock says, from its last answer and the time that has passed here since.
#[derive(Debug)]
pub(crate) struct StoreClock {
    store: Arc<dyn MetadataStore>,
    answer: Mutex<Option<(DateTime<Utc>, Instant)>>,
}

impl StoreClock {
    pub(crate) fn new(store: Arc<dyn MetadataStore>) -> Self {
        Self { store, answer: Mutex::new(None) }
    }

    /// The time, never ahead of the store's by more than the two clocks drift within a minute.
    pub(crate) async fn now(&self) -> Result<DateTime<Utc>> {
        let answer = *self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((time, asked)) = answer
            && asked.elapsed() < ANSWER_AGE_MAX
        {
            return Ok(time + TimeDelta::from_std(asked.elapsed()).unwrap_or(TimeDelta::zero()));
        }
        let time = self.store.now().await?;
        // The present instant is after that of the answer, so time counts from too late here, and
        // what follows is rather behind the store than ahead of it.
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some((time, Instant::now()));
        Ok(time)
    }

    /// Forgets the answer, after the store has found a time wrong: this machine's clock stands
    /// still while it is suspended.
    pub(crate) fn forget(&self) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
