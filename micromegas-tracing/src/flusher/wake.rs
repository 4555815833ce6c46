//! How other threads reach the flusher: signals that cost two atomics, and requests that wait.

use crate::buffer::Kind;
use crate::lock::{lock, wait};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, OnceLock};
use std::thread::Thread;
use std::time::Instant;

static FLUSHER: OnceLock<Thread> = OnceLock::new();
static URGENT: AtomicBool = AtomicBool::new(false);
static OWN_STREAMS: AtomicBool = AtomicBool::new(false);
static DRAIN: [AtomicBool; Kind::COUNT] = [const { AtomicBool::new(false) }; Kind::COUNT];
static REQUESTS: Mutex<Requests> = Mutex::new(Requests::none());
static ANSWERED: Condvar = Condvar::new();

#[derive(Debug)]
struct Requests {
    /// Flushes asked for so far, and how many of them are answered.
    asked: u64,
    answered: u64,
    /// The deadline of the shutdown, once it is asked for.
    shutdown: Option<Instant>,
    has_stopped: bool,
}

impl Requests {
    const fn none() -> Self {
        Self { asked: 0, answered: 0, shutdown: None, has_stopped: false }
    }
}

/// A log entry of level Error or Fatal waits.
pub(crate) fn urgent() {
    signal(&URGENT);
}

/// A whole block of a stream of the host's own waits.
pub(crate) fn own_streams() {
    signal(&OWN_STREAMS);
}

/// Buffers take up much of their bound, and one of this kind has just become full.
pub(crate) fn drain(kind: Kind) {
    signal(&DRAIN[kind as usize]);
}

/// Something happened after which nothing may wait. Never waits for a lock itself.
pub(crate) fn everything() {
    Kind::ALL.into_iter().for_each(drain);
    own_streams();
}

fn signal(flag: &AtomicBool) {
    if !flag.swap(true, Ordering::AcqRel) {
        unpark();
    }
}

fn unpark() {
    if let Some(thread) = FLUSHER.get() {
        thread.unpark();
    }
}

/// Asks the flusher to hand everything recorded so far to the sink, and waits; false if that did
/// not happen by `deadline`.
pub(crate) fn request_flush(deadline: Instant) -> bool {
    if is_flusher() {
        return false;
    }
    let mut requests = lock(&REQUESTS);
    requests.asked += 1;
    let ticket = requests.asked;
    drop(requests);
    unpark();
    wait_until(deadline, |requests| requests.answered >= ticket)
}

/// Asks the flusher to hand everything over, to shut the sink down and to end; false if it has not
/// ended by `deadline`.
pub(crate) fn request_shutdown(deadline: Instant) -> bool {
    if is_flusher() {
        return false;
    }
    lock(&REQUESTS).shutdown = Some(deadline);
    unpark();
    wait_until(deadline, |requests| requests.has_stopped)
}

thread_local! {
    /// Without destructor, so that it can be asked while the process exits.
    static IS_FLUSHER: Cell<bool> = const { Cell::new(false) };
}

/// Whether the calling thread is the flusher. May be asked in the handler of a signal.
pub(crate) fn is_flusher() -> bool {
    IS_FLUSHER.get()
}

/// Says that the calling thread is the flusher.
pub(super) fn become_flusher() {
    IS_FLUSHER.set(true);
}

fn wait_until(deadline: Instant, is_done: impl Fn(&Requests) -> bool) -> bool {
    let mut requests = lock(&REQUESTS);
    loop {
        if is_done(&requests) {
            return true;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if requests.has_stopped || left.is_zero() {
            return false;
        }
        requests = wait(&REQUESTS, &ANSWERED, requests, left);
    }
}

/// What the flusher is asked to do, read at the start of a pass.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) is_urgent: bool,
    pub(super) own_streams: bool,
    pub(super) drain: [bool; Kind::COUNT],
    pub(super) flush: Option<u64>,
    pub(super) shutdown: Option<Instant>,
}

/// Makes a thread the flusher, once and for all.
pub(super) fn set_flusher(thread: Thread) {
    let _ = FLUSHER.set(thread);
}

pub(super) fn take_asked() -> Asked {
    let is_urgent = URGENT.swap(false, Ordering::AcqRel);
    let own_streams = OWN_STREAMS.swap(false, Ordering::AcqRel);
    let drain = DRAIN.each_ref().map(|flag| flag.swap(false, Ordering::AcqRel));
    let requests = lock(&REQUESTS);
    Asked {
        is_urgent,
        own_streams,
        drain,
        flush: (requests.asked > requests.answered).then_some(requests.asked),
        shutdown: requests.shutdown,
    }
}

/// Tells those who asked for a flush up to `ticket` that it is done.
pub(super) fn answer(ticket: u64) {
    lock(&REQUESTS).answered = ticket;
    ANSWERED.notify_all();
}

/// Tells everyone that the flusher has ended.
pub(super) fn announce_stop() {
    lock(&REQUESTS).has_stopped = true;
    ANSWERED.notify_all();
}
