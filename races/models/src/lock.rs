//! Locking, as the buffers ask for it.

use loom::sync::MutexGuard;

use crate::sync::Mutex;

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock()
}
