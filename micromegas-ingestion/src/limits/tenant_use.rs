//! What a tenant uses at this moment.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::bucket::Bucket;
use super::options::TenantLimits;

/// Why a request is refused for the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Busy {
    /// The tenant sends too much; when its rates allow the same again.
    Rate(Duration),
    /// The tenant has too much in flight.
    InFlight,
    /// The body came too slowly.
    Slow,
}

/// What one tenant uses.
#[derive(Debug)]
pub(super) struct TenantUse {
    state: Mutex<State>,
    in_flight_bytes_max: usize,
    in_flight_requests_max: usize,
}

#[derive(Debug)]
struct State {
    requests: Option<Bucket>,
    bytes: Option<Bucket>,
    in_flight_bytes: usize,
    in_flight_requests: usize,
}

impl TenantUse {
    pub(super) fn new(limits: &TenantLimits) -> Self {
        let now = Instant::now();
        let bucket = |rate: f64| Bucket::new(rate, limits.burst, now);
        Self {
            state: Mutex::new(State {
                requests: limits.requests_per_second.map(|rate| bucket(f64::from(rate))),
                bytes: limits.bytes_per_second.map(|rate| bucket(rate as f64)),
                in_flight_bytes: 0,
                in_flight_requests: 0,
            }),
            in_flight_bytes_max: limits.in_flight_bytes_max,
            in_flight_requests_max: limits.in_flight_requests_max,
        }
    }

    /// Lets a request in that says to have so many bytes; zero if it does not say.
    pub(super) fn enter(self: &Arc<Self>, bytes: u64) -> Result<RequestUse, Busy> {
        let now = Instant::now();
        let mut state = self.state();
        if state.in_flight_requests >= self.in_flight_requests_max {
            return Err(Busy::InFlight);
        }
        let reserved = usize::try_from(bytes).unwrap_or(usize::MAX);
        if !self.fits(&state, reserved) {
            return Err(Busy::InFlight);
        }
        if let Some(bucket) = &mut state.requests {
            bucket.try_take(1.0, now).map_err(Busy::Rate)?;
        }
        if let Some(bucket) = &mut state.bytes {
            bucket.try_take(bytes as f64, now).map_err(Busy::Rate)?;
        }
        state.in_flight_requests += 1;
        state.in_flight_bytes = state.in_flight_bytes.saturating_add(reserved);
        drop(state);
        Ok(RequestUse {
            tenant: Arc::clone(self),
            held: Mutex::new(Held { reserved, received: 0 }),
            is_slow: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
        })
    }

    /// One body fits always, or the longest would never get in.
    fn fits(&self, state: &State, more: usize) -> bool {
        let sum = state.in_flight_bytes.saturating_add(more);
        state.in_flight_bytes == 0 || sum <= self.in_flight_bytes_max
    }

    /// Nothing panics while the lock is held.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one request uses; given back when it is dropped.
#[derive(Debug)]
pub(super) struct RequestUse {
    tenant: Arc<TenantUse>,
    held: Mutex<Held>,
    is_slow: AtomicBool,
    is_over: AtomicBool,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    /// Bytes taken from the tenant's share.
    reserved: usize,
    /// Bytes that have come.
    received: usize,
}

impl RequestUse {
    /// Counts bytes that have come. False if they are beyond what was said and beyond what the
    /// tenant may have in flight.
    pub(super) fn receive(&self, bytes: usize) -> bool {
        let mut held = self.held();
        held.received = held.received.saturating_add(bytes);
        let more = held.received.saturating_sub(held.reserved);
        if more == 0 {
            return true;
        }
        let mut state = self.tenant.state();
        let others = state.in_flight_bytes.saturating_sub(held.reserved);
        let sum = state.in_flight_bytes.saturating_add(more);
        if others > 0 && sum > self.tenant.in_flight_bytes_max {
            self.is_over.store(true, Ordering::Relaxed);
            return false;
        }
        state.in_flight_bytes = sum;
        held.reserved += more;
        if let Some(bucket) = &mut state.bytes {
            bucket.owe(more as f64, Instant::now());
        }
        true
    }

    /// Notes that the body came too slowly.
    pub(super) fn is_too_slow(&self) {
        self.is_slow.store(true, Ordering::Relaxed);
    }

    /// Why the body was not let through to its end, if it was not.
    pub(super) fn refused(&self) -> Option<Busy> {
        if self.is_slow.load(Ordering::Relaxed) {
            Some(Busy::Slow)
        } else if self.is_over.load(Ordering::Relaxed) {
            Some(Busy::InFlight)
        } else {
            None
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RequestUse {
    fn drop(&mut self) {
        let reserved = self.held().reserved;
        let mut state = self.tenant.state();
        state.in_flight_bytes = state.in_flight_bytes.saturating_sub(reserved);
        state.in_flight_requests = state.in_flight_requests.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_uses_is_given_back() {
        let limits = TenantLimits::default().with_in_flight_bytes_max(100);
        let tenant = Arc::new(TenantUse::new(&limits.with_in_flight_requests_max(2)));
        let first = tenant.enter(60).unwrap();
        assert_eq!(tenant.enter(50).unwrap_err(), Busy::InFlight);
        let second = tenant.enter(0).unwrap();
        assert_eq!(tenant.enter(0).unwrap_err(), Busy::InFlight);
        // What was said may come, and what was not said as far as there is room.
        assert!(first.receive(60));
        assert!(second.receive(40));
        assert!(!second.receive(1));
        assert_eq!((first.refused(), second.refused()), (None, Some(Busy::InFlight)));
        drop((first, second));
        assert_eq!(tenant.state().in_flight_bytes, 0);
        assert_eq!(tenant.state().in_flight_requests, 0);
    }

    #[test]
    fn one_body_alone_fits_always() {
        let limits = TenantLimits::default().with_in_flight_bytes_max(10);
        let tenant = Arc::new(TenantUse::new(&limits));
        assert!(tenant.enter(1_000).unwrap().receive(1_000));
        let unsaid = tenant.enter(0).unwrap();
        assert!(unsaid.receive(500) && unsaid.receive(500));
        assert_eq!(tenant.enter(1).unwrap_err(), Busy::InFlight);
    }

    #[test]
    fn a_body_that_did_not_say_its_length_is_paid_for_by_the_next() {
        let limits = TenantLimits::default().with_bytes_per_second(100);
        let limits = limits.with_burst(Duration::from_secs(1));
        let tenant = Arc::new(TenantUse::new(&limits));
        assert!(tenant.enter(0).unwrap().receive(1_100));
        let Err(Busy::Rate(delay)) = tenant.enter(0) else { panic!("it was let in") };
        assert!(delay > Duration::from_secs(9) && delay <= Duration::from_secs(10), "{delay:?}");
    }
}
