//! The clock of events: the cheapest monotonic counter the machine has.
//!
//! | machine | counter | frequency |
//! |---|---|---|
//! | x86-64 | time stamp counter | CPUID leaves 0x15 and 0x16, else measured |
//! | aarch64 | virtual counter `cntvct_el0` | `cntfrq_el0` |
//! | other, and Miri | [`Instant`](std::time::Instant) in nanoseconds | 1,000,000,000 |
//!
//! The counters are the same on Linux, macOS and Windows: all of them let programs read them. Where
//! a frequency is measured, and on other machines, `Instant` is the system's own monotonic clock:
//! on Windows `QueryPerformanceCounter`.
#![cfg_attr(
    all(not(miri), any(target_arch = "x86_64", target_arch = "aarch64")),
    expect(unsafe_code, reason = "the processor's counters are read by intrinsics")
)]

use std::sync::OnceLock;

/// The present time in ticks of [`frequency`] a second, counted from an arbitrary origin.
#[inline(always)]
pub fn now() -> i64 {
    counter::read()
}

/// Ticks a second. The first call may take ten milliseconds, to measure it.
pub fn frequency() -> i64 {
    static FREQUENCY: OnceLock<i64> = OnceLock::new();
    *FREQUENCY.get_or_init(counter::frequency)
}

#[cfg(all(not(miri), target_arch = "x86_64"))]
mod counter {
    use std::arch::x86_64::{__cpuid, _rdtsc};
    use std::time::{Duration, Instant};

    #[inline(always)]
    pub(super) fn read() -> i64 {
        // SAFETY: every x86-64 processor has the time stamp counter, and the operating systems
        // that Rust's standard library supports leave it readable.
        let ticks = unsafe { _rdtsc() };
        ticks as i64
    }

    pub(super) fn frequency() -> i64 {
        by_cpuid().unwrap_or_else(measured)
    }

    /// Leaf 0x15 gives the ratio of counter to crystal and, mostly, the crystal's frequency; where
    /// that is missing, leaf 0x16 gives the base frequency in MHz.
    fn by_cpuid() -> Option<i64> {
        let leaf_max = __cpuid(0).eax;
        if leaf_max < 0x15 {
            return None;
        }
        let ratio = __cpuid(0x15);
        if ratio.eax == 0 || ratio.ebx == 0 {
            return None;
        }
        if ratio.ecx != 0 {
            return Some(i64::from(ratio.ecx) * i64::from(ratio.ebx) / i64::from(ratio.eax));
        }
        if leaf_max < 0x16 {
            return None;
        }
        let base_mhz = __cpuid(0x16).eax & 0xffff;
        (base_mhz != 0).then(|| i64::from(base_mhz) * 1_000_000)
    }

    /// Compares the counter with the monotonic clock over ten milliseconds; each end is the best
    /// bracketed of several readings, so the error is a few parts in a million.
    fn measured() -> i64 {
        let (first_time, first_ticks) = paired_reading();
        std::thread::sleep(Duration::from_millis(10));
        let (last_time, last_ticks) = paired_reading();
        let nanos = last_time.duration_since(first_time).as_nanos().max(1);
        let ticks = (last_ticks - first_ticks).max(1) as u128;
        i64::try_from(ticks * 1_000_000_000 / nanos).unwrap_or(i64::MAX)
    }

    fn paired_reading() -> (Instant, i64) {
        let mut best = (Instant::now(), read());
        let mut least_width = i64::MAX;
        for _ in 0..16 {
            let before = read();
            let time = Instant::now();
            let width = read() - before;
            if (0..least_width).contains(&width) {
                least_width = width;
                best = (time, before + width / 2);
            }
        }
        best
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn what_cpuid_says_agrees_with_the_monotonic_clock() {
            let measured = measured() as f64;
            assert!(measured > 1e8);
            if let Some(stated) = by_cpuid() {
                let ratio = stated as f64 / measured;
                assert!((0.98..1.02).contains(&ratio), "stated / measured = {ratio}");
            }
        }
    }
}

#[cfg(all(not(miri), target_arch = "aarch64"))]
mod counter {
    use std::arch::asm;

    #[inline(always)]
    pub(super) fn read() -> i64 {
        let ticks: i64;
        // SAFETY: the virtual counter is readable in user mode on every supported system, and
        // reading it touches no memory and no flags.
        unsafe {
            asm!("mrs {}, cntvct_el0", out(reg) ticks, options(nomem, nostack, preserves_flags))
        };
        ticks
    }

    pub(super) fn frequency() -> i64 {
        let ticks_per_second: i64;
        // SAFETY: as for the counter itself.
        unsafe {
            asm!("mrs {}, cntfrq_el0", out(reg) ticks_per_second, options(nomem, nostack, preserves_flags))
        };
        ticks_per_second
    }
}

#[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
mod counter {
    use std::sync::OnceLock;
    use std::time::Instant;

    pub(super) fn read() -> i64 {
        static ORIGIN: OnceLock<Instant> = OnceLock::new();
        ORIGIN.get_or_init(Instant::now).elapsed().as_nanos() as i64
    }

    pub(super) fn frequency() -> i64 {
        1_000_000_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_forward_at_the_stated_frequency() {
        let frequency = frequency();
        let (begin, begin_ticks) = (std::time::Instant::now(), now());
        std::thread::sleep(std::time::Duration::from_millis(30));
        let seconds = begin.elapsed().as_secs_f64();
        let measured = (now() - begin_ticks) as f64 / frequency as f64;
        assert!((measured / seconds - 1.0).abs() < 0.02, "{measured} s against {seconds} s");
    }
}
