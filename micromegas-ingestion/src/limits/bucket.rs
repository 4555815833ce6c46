//! A rate: a bucket that fills steadily.

use std::time::{Duration, Instant};

/// A bucket that fills at a rate up to a capacity, and is emptied by what is used.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: f64,
    capacity: f64,
    level: f64,
    time: Instant,
}

impl Bucket {
    /// A full bucket. It holds what comes within `burst`, and at least one.
    pub(super) fn new(rate: f64, burst: Duration, now: Instant) -> Self {
        // A rate of nothing never lets anything through after the first.
        let rate = rate.max(f64::MIN_POSITIVE);
        let capacity = (rate * burst.as_secs_f64()).max(1.0);
        Self { rate, capacity, level: capacity, time: now }
    }

    /// Takes an amount if it is there, or tells when it will be.
    ///
    /// An amount above the capacity is given when the bucket is full; the bucket owes the rest.
    pub(super) fn try_take(&mut self, amount: f64, now: Instant) -> Result<(), Duration> {
        self.fill(now);
        let missing = amount.min(self.capacity) - self.level;
        if missing > 0.0 {
            return Err(Duration::try_from_secs_f64(missing / self.rate).unwrap_or(Duration::MAX));
        }
        self.level -= amount;
        Ok(())
    }

    /// Takes an amount that was used already.
    pub(super) fn owe(&mut self, amount: f64, now: Instant) {
        self.fill(now);
        self.level -= amount;
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.time);
        self.level = (self.level + passed.as_secs_f64() * self.rate).min(self.capacity);
        self.time = self.time.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_was_not_used_can_be_used_at_once_and_then_the_rate_holds() {
        let start = Instant::now();
        let mut bucket = Bucket::new(10.0, 2 * SECOND, start);
        for _ in 0..20 {
            bucket.try_take(1.0, start).unwrap();
        }
        assert_eq!(bucket.try_take(1.0, start), Err(SECOND / 10));
        bucket.try_take(10.0, start + SECOND).unwrap();
        assert_eq!(bucket.try_take(5.0, start + SECOND), Err(SECOND / 2));
        // A long rest is worth no more than the burst.
        bucket.try_take(20.0, start + 100 * SECOND).unwrap();
        assert!(bucket.try_take(1.0, start + 100 * SECOND).is_err());
    }

    #[test]
    fn what_is_larger_than_the_bucket_passes_when_it_is_full_and_is_paid_for_later() {
        let start = Instant::now();
        let mut bucket = Bucket::new(10.0, SECOND, start);
        bucket.try_take(35.0, start).unwrap();
        assert_eq!(bucket.try_take(35.0, start), Err(SECOND * 7 / 2));
        bucket.try_take(0.0, start + 3 * SECOND).unwrap();
        bucket.owe(100.0, start + 3 * SECOND);
        assert_eq!(bucket.try_take(0.0, start + 3 * SECOND), Err(SECOND * 19 / 2));
    }

    #[test]
    fn a_clock_that_goes_back_and_rates_out_of_bounds_do_no_harm() {
        let start = Instant::now();
        let mut bucket = Bucket::new(10.0, SECOND, start + SECOND);
        bucket.try_take(10.0, start).unwrap();
        assert_eq!(bucket.try_take(10.0, start), Err(SECOND));
        let mut none = Bucket::new(0.0, SECOND, start);
        none.try_take(1.0, start).unwrap();
        assert_eq!(none.try_take(1.0, start + SECOND), Err(Duration::MAX));
    }
}
