//! What the buffers are compiled with in place of the standard library's types: the model checker
//! sees each access, and tries all orders of them.
//!
//! The buffers make some of these in constants, which the checker cannot; so each is made known to
//! it at its first use.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::sync::OnceLock;

use loom::cell::UnsafeCell;

pub(crate) use loom::sync::Arc;
pub(crate) use loom::sync::atomic::Ordering;

/// A pointer that threads share.
pub(crate) struct AtomicPtr<T> {
    initial: *mut T,
    atomic: OnceLock<loom::sync::atomic::AtomicPtr<T>>,
}

impl<T> AtomicPtr<T> {
    pub(crate) const fn new(initial: *mut T) -> Self {
        Self { initial, atomic: OnceLock::new() }
    }

    fn atomic(&self) -> &loom::sync::atomic::AtomicPtr<T> {
        self.atomic.get_or_init(|| loom::sync::atomic::AtomicPtr::new(self.initial))
    }

    pub(crate) fn load(&self, ordering: Ordering) -> *mut T {
        self.atomic().load(ordering)
    }

    pub(crate) fn store(&self, pointer: *mut T, ordering: Ordering) {
        self.atomic().store(pointer, ordering);
    }
}

impl<T> fmt::Debug for AtomicPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AtomicPtr").finish_non_exhaustive()
    }
}

/// A number that threads share.
#[derive(Debug)]
pub(crate) struct AtomicUsize {
    initial: usize,
    atomic: OnceLock<loom::sync::atomic::AtomicUsize>,
}

impl AtomicUsize {
    pub(crate) const fn new(initial: usize) -> Self {
        Self { initial, atomic: OnceLock::new() }
    }

    fn atomic(&self) -> &loom::sync::atomic::AtomicUsize {
        self.atomic.get_or_init(|| loom::sync::atomic::AtomicUsize::new(self.initial))
    }

    pub(crate) fn load(&self, ordering: Ordering) -> usize {
        self.atomic().load(ordering)
    }

    pub(crate) fn store(&self, value: usize, ordering: Ordering) {
        self.atomic().store(value, ordering);
    }

    pub(crate) fn fetch_sub(&self, value: usize, ordering: Ordering) -> usize {
        self.atomic().fetch_sub(value, ordering)
    }

    pub(crate) fn fetch_update(
        &self,
        store: Ordering,
        load: Ordering,
        update: impl FnMut(usize) -> Option<usize>,
    ) -> Result<usize, usize> {
        self.atomic().fetch_update(store, load, update)
    }
}

/// A lock.
#[derive(Debug)]
pub(crate) struct Mutex<T> {
    initial: std::sync::Mutex<Option<T>>,
    mutex: OnceLock<loom::sync::Mutex<T>>,
}

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self { initial: std::sync::Mutex::new(Some(value)), mutex: OnceLock::new() }
    }

    pub(crate) fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
        let mutex = self.mutex.get_or_init(|| {
            let value = self.initial.lock().expect("no model panics here").take();
            loom::sync::Mutex::new(value.expect("it is taken once"))
        });
        mutex.lock().expect("no model panics while it holds a lock")
    }
}

thread_local! {
    /// What the checker knows of raw memory, by the addresses of words. All threads of a model are
    /// one thread of the system.
    static WORDS: RefCell<BTreeMap<usize, Rc<UnsafeCell<()>>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Forgets the memory of the run before.
pub(crate) fn forget_memory() {
    WORDS.take();
}

/// The calling thread has written so many words there. The first and the last stand for them all.
pub(crate) fn note_written(first: *const u64, words: usize) {
    for word in [first, first.wrapping_add(words.saturating_sub(1))] {
        let known = |words: &mut BTreeMap<_, _>| {
            Rc::clone(words.entry(word.addr()).or_insert_with(|| Rc::new(UnsafeCell::new(()))))
        };
        let cell = WORDS.with_borrow_mut(known);
        // Fails if another thread may access the word at this time.
        cell.with_mut(|_| ());
    }
}

/// The calling thread reads so many words from there on.
pub(crate) fn note_read(first: *const u64, words: usize) {
    let range = first.addr()..first.wrapping_add(words).addr();
    let known = |words: &BTreeMap<_, Rc<_>>| -> Vec<_> {
        words.range(range).map(|(_, cell)| Rc::clone(cell)).collect()
    };
    for cell in WORDS.with_borrow(known) {
        // Fails if another thread may write the word at this time.
        cell.with(|_| ());
    }
}
