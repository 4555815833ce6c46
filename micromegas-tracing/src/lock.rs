//! Locks of the cold paths.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks even if a holder panicked: every critical section of this crate leaves its data whole at
/// each step, and telemetry must outlive a panic.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
