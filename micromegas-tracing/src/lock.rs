//! Locks of the cold paths.
//!
//! The thread sanitizer does not see the synchronisation inside the standard library's compiled
//! code, where threads that have to wait end up. Watched by it, they wait in code of ours.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Locks even if a holder panicked: every critical section of this crate leaves its data whole at
/// each step, and telemetry must outlive a panic.
#[cfg(not(watched_by_tsan))]
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(watched_by_tsan)]
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    loop {
        match mutex.try_lock() {
            Ok(guard) => return guard,
            Err(std::sync::TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
            Err(std::sync::TryLockError::WouldBlock) => std::thread::yield_now(),
        }
    }
}

/// Gives up the lock until it is notified, at most for so long; may also return for no reason.
#[cfg(not(watched_by_tsan))]
pub(crate) fn wait<'a, T>(
    _: &'a Mutex<T>,
    condition: &Condvar,
    guard: MutexGuard<'a, T>,
    time_max: Duration,
) -> MutexGuard<'a, T> {
    condition.wait_timeout(guard, time_max).unwrap_or_else(PoisonError::into_inner).0
}

#[cfg(watched_by_tsan)]
pub(crate) fn wait<'a, T>(
    mutex: &'a Mutex<T>,
    _: &Condvar,
    guard: MutexGuard<'a, T>,
    time_max: Duration,
) -> MutexGuard<'a, T> {
    drop(guard);
    std::thread::sleep(time_max.min(Duration::from_millis(1)));
    lock(mutex)
}
