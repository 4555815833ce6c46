//! Events of threads whose thread-locals are gone: the destructors of other thread-locals may
//! still record. They share one locked, bounded buffer.

use crate::buffer::Kind;
use crate::lock::lock;
use crate::recording::{cold, hot};
use crate::{record, stats};
use std::sync::Mutex;

/// The common buffer holds at most this many words.
const WORDS_MAX: usize = 128 * 1024;

static LATE: Mutex<Late> = Mutex::new(Late { runs: Vec::new(), words: 0 });

#[derive(Debug)]
struct Late {
    runs: Vec<LateRun>,
    words: usize,
}

/// Records of one kind that one thread made after its end.
#[derive(Debug)]
pub(crate) struct LateRun {
    pub(crate) thread_number: u32,
    pub(crate) kind: Kind,
    pub(crate) words: Vec<u64>,
}

/// Records one event; false if the common buffer is full.
pub(crate) fn push(kind: Kind, words: &[u64]) -> bool {
    let is_recorded = cold::uninterrupted(|| push_uninterrupted(kind, words)) == Some(true);
    if !is_recorded {
        stats::count_dropped(kind, record::is_async_span(kind, words[0]));
    }
    is_recorded
}

fn push_uninterrupted(kind: Kind, words: &[u64]) -> bool {
    let thread_number = hot::with_cursors(|cursors| cursors.thread_number.get());
    let mut late = lock(&LATE);
    if late.words + words.len() > WORDS_MAX {
        return false;
    }
    late.words += words.len();
    let run =
        late.runs.iter_mut().find(|run| run.thread_number == thread_number && run.kind == kind);
    match run {
        Some(run) => run.words.extend_from_slice(words),
        None => late.runs.push(LateRun { thread_number, kind, words: words.to_vec() }),
    }
    true
}

/// Takes what threads recorded after their end, of one kind.
pub(crate) fn take(kind: Kind) -> Vec<LateRun> {
    cold::uninterrupted(|| {
        let mut late = lock(&LATE);
        let (taken, left): (Vec<_>, Vec<_>) =
            std::mem::take(&mut late.runs).into_iter().partition(|run| run.kind == kind);
        late.runs = left;
        late.words -= taken.iter().map(|run| run.words.len()).sum::<usize>();
        taken
    })
    .unwrap_or_default()
}
