//! The models.

use std::cell::RefCell;
use std::rc::Rc;

use loom::thread;

use crate::buffer::chain::{Chain, Taken};
use crate::buffer::pool::LEAST_BYTES;
use crate::owner::{HALF_WORDS, OwnedPool, Owner};
use crate::sync::Arc;

type Model = fn();

pub(crate) const ALL: [(&str, Model); 6] = [
    ("publish", publish),
    ("drain", drain),
    ("rotate", rotate),
    ("exhaust", exhaust),
    ("thread exit", thread_exit),
    ("pool", pool),
];

/// The numbers of the flusher's records, which are pairs of a number and its complement.
fn pairs(taken: &[Taken]) -> Vec<u64> {
    let words = taken.iter().flat_map(|taken| taken.words().chunks(2));
    words
        .map(|pair| {
            assert_eq!(pair[1], !pair[0], "a record is seen whole or not at all");
            pair[0]
        })
        .collect()
}

/// The numbers of records that take half a buffer each.
fn halves(taken: &[Taken]) -> Vec<u64> {
    let words = taken.iter().flat_map(|taken| taken.words().chunks(HALF_WORDS));
    words.map(|words| words[0]).collect()
}

fn assert_counts_from_zero(numbers: &[u64]) {
    assert!(numbers.iter().copied().eq(0..numbers.len() as u64), "{numbers:?}");
}

/// A reader sees whole records, and each of them after it was written.
fn publish() {
    let pool = OwnedPool::new(1);
    let chain = pool.chain();
    let mut owner = Owner::new(&chain);
    owner.record();
    let reader = Arc::clone(&chain);
    let reader = thread::spawn(move || {
        let seen = pairs(&Chain::take(&reader));
        assert_counts_from_zero(&seen);
        assert!(!seen.is_empty());
        seen.len()
    });
    owner.record();
    owner.record();
    assert!((1..=3).contains(&reader.join().expect("no panic")));
    drop((owner, chain));
}

/// Whenever the flusher comes, every record is taken once, and in order.
fn drain() {
    let pool = OwnedPool::new(1);
    let chain = pool.chain();
    let owned = Arc::clone(&chain);
    let owner = thread::spawn(move || {
        let mut owner = Owner::new(&owned);
        owner.record();
        owner.record();
    });
    let mut seen = pairs(&Chain::take(&chain));
    seen.extend(pairs(&Chain::take(&chain)));
    owner.join().expect("no panic");
    seen.extend(pairs(&Chain::take(&chain)));
    assert_eq!(seen.len(), 2);
    assert_counts_from_zero(&seen);
    drop(chain);
}

/// As `drain`, while full buffers are filled again or replaced.
fn rotate() {
    let pool = OwnedPool::new(8);
    let chain = pool.chain();
    let owned = Arc::clone(&chain);
    let owner = thread::spawn(move || {
        let mut owner = Owner::new(&owned);
        for _ in 0..3 {
            owner.record_half();
        }
    });
    let mut seen = halves(&Chain::take(&chain));
    seen.extend(halves(&Chain::take(&chain)));
    owner.join().expect("no panic");
    seen.extend(halves(&Chain::take(&chain)));
    assert_eq!(seen.len(), 3);
    assert_counts_from_zero(&seen);
    drop(chain);
}

/// With memory for one buffer, a record finds room or is declared as lost.
fn exhaust() {
    let pool = OwnedPool::new(1);
    let chain = pool.chain();
    let owned = Arc::clone(&chain);
    let owner = thread::spawn(move || {
        let mut owner = Owner::new(&owned);
        for _ in 0..3 {
            owner.record_half();
        }
        owner
    });
    let taken = Chain::take(&chain);
    let first = halves(&taken).len();
    drop(taken);
    let mut owner = owner.join().expect("no panic");
    let second = halves(&Chain::take(&chain)).len();
    // There is room again.
    owner.record_half();
    let taken = Chain::take(&chain);
    let skipped: u64 = taken.iter().map(Taken::skipped_events).sum();
    assert_eq!(halves(&taken), [3]);
    assert_eq!((first + second) as u64 + skipped, 3);
    drop((taken, owner, chain));
}

/// What a thread left is taken, then its memory goes back, whoever comes last.
fn thread_exit() {
    let pool = OwnedPool::new(4);
    let chain = pool.chain();
    let owned = Arc::clone(&chain);
    let owner = thread::spawn(move || {
        let mut owner = Owner::new(&owned);
        owner.record_half();
        owner.leave();
    });
    let seen = Rc::new(RefCell::new(Vec::new()));
    let take = || seen.borrow_mut().extend(halves(&Chain::take(&chain)));
    take();
    let was_finished = chain.is_finished();
    assert!(!was_finished || seen.borrow().len() == 1, "it finishes after the last record");
    owner.join().expect("no panic");
    take();
    assert!(chain.is_finished());
    assert_eq!(*seen.borrow(), [0]);
    // All memory is back, or this would exceed the bound.
    let all = pool.get().take(4 * LEAST_BYTES);
    assert!(all.is_some());
    drop((all, chain));
}

/// Two threads never have more than the bound, and what one gives back the other can have.
fn pool() {
    let pool = OwnedPool::new(1);
    let shared = pool.get();
    let other = thread::spawn(move || shared.take(LEAST_BYTES));
    let own = shared.take(LEAST_BYTES);
    let others = other.join().expect("no panic");
    assert!(own.is_some() != others.is_some());
    let other = thread::spawn(move || drop(others));
    drop(own);
    other.join().expect("no panic");
    assert!(shared.take(LEAST_BYTES).is_some());
}
