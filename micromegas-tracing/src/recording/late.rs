//! Events of threads whose thread-locals are gone: the destructors of other thread-locals may
//! still record. They share one locked, bounded buffer.

use crate::buffer::Kind;
use crate::buffer::published::part_words;
use crate::lock::lock;
use crate::recording::{cold, hot};
use crate::stats;
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

/// Records one event of words and bytes; false if the common buffer is full.
pub(crate) fn push(kind: Kind, words: &[u64], parts: &[&[u8]]) -> bool {
    let is_recorded = cold::uninterrupted(|| push_uninterrupted(kind, words, parts)) == Some(true);
    if !is_recorded {
        stats::count_dropped(kind, words[0]);
    }
    is_recorded
}

fn push_uninterrupted(kind: Kind, words: &[u64], parts: &[&[u8]]) -> bool {
    let record_words = words.len() + part_words(parts);
    let thread_number = hot::with_cursors(|cursors| cursors.thread_number.get());
    let mut late = lock(&LATE);
    if late.words + record_words > WORDS_MAX {
        return false;
    }
    late.words += record_words;
    let is_it = |run: &LateRun| run.thread_number == thread_number && run.kind == kind;
    let place = late.runs.iter().position(is_it).unwrap_or_else(|| {
        late.runs.push(LateRun { thread_number, kind, words: Vec::new() });
        late.runs.len() - 1
    });
    let run = &mut late.runs[place];
    run.words.extend_from_slice(words);
    let text: Vec<u8> = parts.concat();
    run.words.extend(text.chunks(size_of::<u64>()).map(|chunk| {
        let mut word = [0; size_of::<u64>()];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_ne_bytes(word)
    }));
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
