//! The one dispatch of the process: from its start to its shutdown.

use crate::config::Config;
use crate::event_sink::EventSink;
use crate::filter::{self, set_max_level, set_target_level};
use crate::flusher::{wake, worker};
use crate::level::LevelFilter;
use crate::origin::Origin;
use crate::process_end;
use crate::recording::shown;
use crate::recording::threads::POOL;
use crate::spans::trace;
use crate::{own_streams, process_info};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use uuid::Uuid;

static HAS_STARTED: AtomicBool = AtomicBool::new(false);
static IS_RUNNING: AtomicBool = AtomicBool::new(false);
static HAS_FORKED: AtomicBool = AtomicBool::new(false);
static DISPATCH: OnceLock<Dispatch> = OnceLock::new();

struct Dispatch {
    process_id: Uuid,
    shutdown_timeout: Duration,
    origin: Origin,
    sink: Arc<dyn EventSink>,
}

/// Why recording could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    /// A process has one dispatch, which is started once.
    #[error("telemetry was already started in this process; keep the first guard")]
    AlreadyInitialized,
    /// The flusher's thread could not be started.
    #[error("cannot start the telemetry flusher thread")]
    Unavailable(#[source] std::io::Error),
}

/// Keeps recording alive. Dropping it hands everything recorded to the sink, shuts the sink down
/// and ends recording for the rest of the process's life.
#[derive(Debug)]
#[must_use = "recording ends when the guard is dropped"]
pub struct Guard {
    _private: (),
}

/// Starts recording: everything before is not recorded.
///
/// # Errors
/// [`InitError::AlreadyInitialized`] if it was started before in this process, also if that ended
/// since; [`InitError::Unavailable`] if the flusher's thread cannot be started.
pub fn init(config: Config, sink: Arc<dyn EventSink>) -> Result<Guard, InitError> {
    if HAS_STARTED.swap(true, Ordering::AcqRel) {
        return Err(InitError::AlreadyInitialized);
    }
    let origin = Origin::now();
    let process = Arc::new(process_info::describe(&config, &origin));
    let dispatch = Dispatch {
        process_id: process.process_id,
        shutdown_timeout: config.shutdown_timeout,
        origin,
        sink: Arc::clone(&sink),
    };
    let shown_level = sink.log_level();
    if let Err(error) = worker::spawn(&config, process, origin, sink) {
        HAS_STARTED.store(false, Ordering::Release);
        return Err(InitError::Unavailable(error));
    }
    trace::set_process(dispatch.process_id);
    POOL.set_bound(config.buffer_bytes_max);
    own_streams::registry::set_bound(config.buffer_bytes_max);
    // Only the one caller that found `HAS_STARTED` unset comes here.
    let _ = DISPATCH.set(dispatch);
    shown::set_level(shown_level);
    IS_RUNNING.store(true, Ordering::Release);
    set_max_level(config.max_level);
    for (target, filter) in &config.target_levels {
        set_target_level(target, Some(*filter));
    }
    process_end::watch();
    Ok(Guard { _private: () })
}

impl Guard {
    /// As [`flush`].
    pub fn flush(&self, timeout: Duration) -> bool {
        flush(timeout)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        shut_down();
    }
}

/// Hands everything recorded to the sink, shuts it down and ends recording, if that has not been
/// done.
pub(crate) fn shut_down() {
    let Some(dispatch) = DISPATCH.get() else { return };
    if IS_RUNNING.swap(false, Ordering::AcqRel) {
        filter::turn_off();
        wake::request_shutdown(deadline_after(dispatch.shutdown_timeout));
        shown::set_level(LevelFilter::Off);
    }
}

/// As [`shut_down`], within this time, where the process is about to end. A shutdown that is under
/// way is waited for.
#[cfg(any(target_os = "linux", target_os = "macos"))]
pub(crate) fn end(timeout: Duration) {
    if DISPATCH.get().is_some() && !has_forked() {
        IS_RUNNING.store(false, Ordering::Release);
        wake::request_shutdown(deadline_after(timeout));
    }
}

/// Ends recording at once, in the child of a fork: its flusher does not exist, and what lies in the
/// buffers is the parent's. Takes no lock, since another thread of the parent may hold it for ever.
#[cfg(any(target_os = "linux", target_os = "macos"))]
pub(crate) fn forget() {
    HAS_FORKED.store(true, Ordering::Release);
    IS_RUNNING.store(false, Ordering::Release);
    shown::set_level(LevelFilter::Off);
}

/// Whether this process is the child of one that recorded.
pub(crate) fn has_forked() -> bool {
    HAS_FORKED.load(Ordering::Acquire)
}

/// Hands everything that was recorded before this call, on whatever thread, to the sink, and waits
/// until the sink has delivered it; false if that did not happen within `timeout`, or if nothing
/// is recorded at present.
pub fn flush(timeout: Duration) -> bool {
    let deadline = deadline_after(timeout);
    match DISPATCH.get() {
        Some(dispatch) if is_running() => {
            wake::request_flush(deadline) && dispatch.sink.on_flush(deadline)
        }
        _ => false,
    }
}

/// The identity under which this process records; none before [`init`], and none in the child of a
/// fork.
pub fn process_id() -> Option<Uuid> {
    DISPATCH.get().filter(|_| !has_forked()).map(|dispatch| dispatch.process_id)
}

/// Whether events are recorded.
#[inline]
pub(crate) fn is_running() -> bool {
    IS_RUNNING.load(Ordering::Acquire)
}

/// The sink and the origin of time, once recording was started.
pub(crate) fn sink_and_origin() -> Option<(&'static dyn EventSink, &'static Origin)> {
    DISPATCH.get().map(|dispatch| (&*dispatch.sink, &dispatch.origin))
}

/// A deadline so far away that it cannot be told is a day away.
fn deadline_after(timeout: Duration) -> Instant {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    Instant::now() + timeout.min(DAY)
}
