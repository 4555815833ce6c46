//! What a fatal signal leaves behind.
//!
//! The thread that gets the signal may have been interrupted anywhere, with any lock in its hand. So
//! the handler only wakes a thread that has nothing else to do, and sleeps while that one has the
//! flusher and the sink do what they do at the end of a process. Then the signal takes its course.

use std::io;

/// Why fatal signals cannot be handled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CrashHandlerError {
    /// There is no handler for this system.
    #[error("fatal signals are not handled on this system")]
    Unsupported,
    /// The system refuses what the handler needs.
    #[error("cannot install the handler of fatal signals")]
    Unavailable(#[source] io::Error),
}

/// From now on a fatal signal (abort, segmentation fault, bus error, floating point exception,
/// illegal instruction or system call, trap) makes everything leave that all threads have recorded:
/// the sink gets it, and two seconds to deliver or store it. An entry of level Fatal says which
/// signal it was. Then the signal does what it would have done before this call, so that there is a
/// core dump as ever, or the handler is called that was installed before.
///
/// Linux and macOS. What the interrupted thread was writing at the moment is not part of it, and
/// where that thread holds a lock that delivery needs, such as the allocator's, nothing can be
/// delivered: the end then comes after two and a half seconds. Recording is over after the first
/// fatal signal; a program that survives some of them installs its own handler after this one.
///
/// It may be called again: once the handler is there, that changes nothing.
///
/// # Errors
/// If the system is another one, or refuses a pipe, a thread or a handler. Then no signal is
/// handled, and each further call tries it again and says what comes of it.
pub fn handle_crashes() -> Result<(), CrashHandlerError> {
    system::install()
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
#[expect(unsafe_code, reason = "the system is asked to call a handler")]
mod system {
    use super::CrashHandlerError;
    use crate::lock::lock;
    use crate::{dispatch, flusher, log};
    use libc::{c_int, c_void, sigaction, siginfo_t};
    use std::io::{self, PipeReader, Read, pipe};
    use std::mem::zeroed;
    use std::os::fd::IntoRawFd;
    use std::ptr::{null, null_mut};
    use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicUsize, Ordering};
    use std::sync::{Mutex, OnceLock};
    use std::thread::Builder;
    use std::time::Duration;

    const SIGNALS: [(c_int, &str); 7] = [
        (libc::SIGABRT, "SIGABRT"),
        (libc::SIGBUS, "SIGBUS"),
        (libc::SIGFPE, "SIGFPE"),
        (libc::SIGILL, "SIGILL"),
        (libc::SIGSEGV, "SIGSEGV"),
        (libc::SIGSYS, "SIGSYS"),
        (libc::SIGTRAP, "SIGTRAP"),
    ];

    /// The signal was sent by a process. The crate `libc` lacks it for macOS.
    #[cfg(target_os = "linux")]
    const SI_USER: c_int = libc::SI_USER;
    #[cfg(target_os = "macos")]
    const SI_USER: c_int = 0x1_0001;

    /// How long the sink may take.
    const DELIVERY_TIME_MAX: Duration = Duration::from_secs(2);
    /// How long the interrupted thread waits for all of it, in steps.
    const STEPS_MAX: u32 = 250;
    const STEP_MS: c_int = 10;

    /// No fatal signal has come; one has, and things are being handed over; they have been.
    const QUIET: u32 = 0;
    const CRASHING: u32 = 1;
    const OVER: u32 = 2;

    static STATE: AtomicU32 = AtomicU32::new(QUIET);
    static SIGNAL: AtomicI32 = AtomicI32::new(0);
    static ADDRESS: AtomicUsize = AtomicUsize::new(0);
    /// The signal was sent to the process: the watcher sends it again.
    static IS_FOR_PROCESS: AtomicBool = AtomicBool::new(false);
    /// The end of the pipe that wakes the watcher; it is never closed.
    static PIPE: AtomicI32 = AtomicI32::new(-1);
    /// What is done with each signal otherwise.
    static BEFORE: [OnceLock<sigaction>; SIGNALS.len()] =
        [const { OnceLock::new() }; SIGNALS.len()];

    /// How far the installation has come. Whoever calls after it failed has it go on from there, and
    /// is told what it comes to.
    static INSTALLED: Mutex<Installed> = Mutex::new(Installed::Nothing);

    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Installed {
        Nothing,
        Watcher,
        Handlers,
    }

    pub(super) fn install() -> Result<(), CrashHandlerError> {
        let mut installed = lock(&INSTALLED);
        if *installed == Installed::Nothing {
            watch().map_err(CrashHandlerError::Unavailable)?;
            *installed = Installed::Watcher;
        }
        if *installed == Installed::Watcher {
            set_handlers().map_err(CrashHandlerError::Unavailable)?;
            *installed = Installed::Handlers;
        }
        Ok(())
    }

    fn watch() -> io::Result<()> {
        let (reader, writer) = pipe()?;
        let builder = Builder::new().name("micromegas-crash".to_owned());
        builder.spawn(move || hand_over_once_woken(reader))?;
        PIPE.store(writer.into_raw_fd(), Ordering::Release);
        Ok(())
    }

    /// All or none.
    fn set_handlers() -> io::Result<()> {
        let outcome = try_set_handlers();
        if outcome.is_err() {
            SIGNALS.iter().for_each(|(signal, _)| put_back(*signal));
        }
        outcome
    }

    fn try_set_handlers() -> io::Result<()> {
        for ((signal, _), before) in SIGNALS.iter().zip(&BEFORE) {
            // SAFETY: all zeros are a value of this structure: no flags, an empty mask.
            let mut own: sigaction = unsafe { zeroed() };
            let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) = on_fatal_signal;
            own.sa_sigaction = handler as libc::sighandler_t;
            // Where the thread has a stack for signals, its own may be used up.
            own.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            // SAFETY: as above.
            let mut previous: sigaction = unsafe { zeroed() };
            // SAFETY: asks for what is in force, before anything is replaced.
            if unsafe { libc::sigaction(*signal, null(), &raw mut previous) } != 0 {
                return Err(io::Error::last_os_error());
            }
            let _ = before.set(previous);
            // SAFETY: the handler keeps to what a handler may do: atomics, `write`, `poll`,
            // `sigaction` and `raise`.
            if unsafe { libc::sigaction(*signal, &raw const own, null_mut()) } != 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    }

    /// The watcher, an ordinary thread: it may lock and allocate.
    fn hand_over_once_woken(mut reader: PipeReader) {
        if reader.read_exact(&mut [0]).is_err() {
            return;
        }
        let signal = SIGNAL.load(Ordering::Acquire);
        let name = SIGNALS.iter().find(|(own, _)| *own == signal).map_or("signal", |it| it.1);
        let address = ADDRESS.load(Ordering::Acquire);
        log!(target: "crash", crate::Level::Fatal, "{name} at address {address:#x}");
        dispatch::end(DELIVERY_TIME_MAX);
        STATE.store(OVER, Ordering::Release);
        if IS_FOR_PROCESS.load(Ordering::Acquire) {
            put_back(signal);
            let own_id = std::process::id() as libc::pid_t;
            // SAFETY: a signal to this process itself.
            unsafe { libc::kill(own_id, signal) };
        }
    }

    /// Runs on the thread that gets the signal, wherever that is at the moment.
    extern "C" fn on_fatal_signal(signal: c_int, info: *mut siginfo_t, _: *mut c_void) {
        // SAFETY: a handler with `SA_SIGINFO` is given a valid structure.
        let info = unsafe { &*info };
        // In the child of a fork there is no watcher.
        if !dispatch::has_forked() {
            wake_watcher(signal, info);
            if is_for_process(signal, info) && STATE.load(Ordering::Acquire) == CRASHING {
                // The thread that happens to get it may be one that is needed now.
                return;
            }
            // The flusher cannot wait for itself.
            if !flusher::wake::is_flusher() {
                wait();
            }
        }
        put_back(signal);
        // A fault comes again when the instruction is repeated. What was sent has to be sent again,
        // and comes when this handler returns.
        if info.si_code <= 0 || info.si_code == SI_USER {
            // SAFETY: may be called in a handler.
            unsafe { libc::raise(signal) };
        }
    }

    /// Whether it was sent to the process, not to a thread, and nothing is wrong where this one is.
    fn is_for_process(signal: c_int, info: &siginfo_t) -> bool {
        // Only Linux tells what was sent to the process from what a thread has sent to itself.
        let is_known = cfg!(target_os = "linux") || signal != libc::SIGABRT;
        info.si_code == SI_USER && is_known
    }

    /// Puts in force what is done with the signal otherwise.
    fn put_back(signal: c_int) {
        let place = SIGNALS.iter().position(|(own, _)| *own == signal);
        if let Some(before) = place.and_then(|place| BEFORE[place].get()) {
            // SAFETY: this is what was in force before.
            unsafe { libc::sigaction(signal, before, null_mut()) };
        }
    }

    /// Only the first of several threads wakes the watcher.
    fn wake_watcher(signal: c_int, info: &siginfo_t) {
        let first = STATE.compare_exchange(QUIET, CRASHING, Ordering::AcqRel, Ordering::Acquire);
        if first.is_ok() {
            IS_FOR_PROCESS.store(is_for_process(signal, info), Ordering::Release);
            SIGNAL.store(signal, Ordering::Release);
            // SAFETY: where the signal tells no address, the field is some other number.
            let address = unsafe { info.si_addr() };
            ADDRESS.store(address.addr(), Ordering::Release);
            // SAFETY: one byte of a constant is written to a pipe that is never closed.
            unsafe { libc::write(PIPE.load(Ordering::Acquire), [0u8].as_ptr().cast(), 1) };
        }
    }

    /// Waits for the watcher, as long as it may take.
    fn wait() {
        for _ in 0..STEPS_MAX {
            if STATE.load(Ordering::Acquire) == OVER {
                return;
            }
            // SAFETY: without files it only sleeps.
            unsafe { libc::poll(null_mut(), 0, STEP_MS) };
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod system {
    use super::CrashHandlerError;

    pub(super) fn install() -> Result<(), CrashHandlerError> {
        Err(CrashHandlerError::Unsupported)
    }
}
