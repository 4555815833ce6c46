//! How a process ends, or goes on as another one, without dropping the guard: panic, exit, fork.

use crate::dispatch;
use crate::flusher::wake;
use std::time::Duration;

/// How long a panic that ends the process may wait for the sink.
const PANIC_TIME_MAX: Duration = Duration::from_secs(2);

/// Watches for all of them from now on; called once, when recording starts.
pub(crate) fn watch() {
    watch_panics();
    system::watch();
}

/// The hook must not do more than this: whether the panic is caught, and so the process goes on, is
/// not known to it.
fn watch_panics() {
    if std::thread::panicking() {
        return;
    }
    let previous = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if dispatch::is_running() {
            wake::everything();
        }
        previous(panic);
        if cfg!(panic = "abort") {
            dispatch::flush(PANIC_TIME_MAX);
        }
    }));
}

#[cfg(any(unix, windows))]
#[expect(unsafe_code, reason = "the C library is asked to call back")]
mod system {
    use crate::dispatch;
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    use crate::recording::hot::{self, Cursors};
    use std::panic::catch_unwind;

    pub(super) fn watch() {
        // SAFETY: the handler is a function of the program, takes nothing and does not unwind. If
        // there is no room for it, the guard and the flush period remain.
        unsafe { libc::atexit(at_exit) };
        #[cfg(any(target_os = "linux", target_os = "macos"))]
        // SAFETY: as above; the handler does nothing that is not allowed between fork and exec.
        unsafe {
            libc::pthread_atfork(None, None, Some(in_child))
        };
    }

    /// The process exits without having dropped the guard, or panicked in its main thread.
    extern "C" fn at_exit() {
        // Nothing can be done about a panic at this time.
        let _ = catch_unwind(dispatch::shut_down);
    }

    /// The child of a fork has one thread, a copy of that which forked.
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    extern "C" fn in_child() {
        dispatch::forget();
        hot::with_cursors(Cursors::let_go);
    }
}

#[cfg(not(any(unix, windows)))]
mod system {
    pub(super) fn watch() {}
}
