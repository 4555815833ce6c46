//! What is slow: a running average of frame times, and a factor that grows.

/// How many frames the average is of.
const FRAMES: usize = 32;

/// What each of them is taken to have lasted before there are any, in milliseconds.
const SEED: f64 = 60.0;

/// The factor at first, and what each spike multiplies it by.
const FACTOR: f64 = 1.3;
const FACTOR_GROWTH: f64 = 1.01;

/// Tells slow frames from others.
#[derive(Debug)]
pub(super) struct SpikeDetector {
    frames: [f64; FRAMES],
    next: usize,
    factor: f64,
}

impl SpikeDetector {
    pub(super) fn new() -> Self {
        Self { frames: [SEED; FRAMES], next: 0, factor: FACTOR }
    }

    /// Whether a frame that lasted, or has lasted so far, this many milliseconds is slow.
    pub(super) fn is_spike(&self, milliseconds: f64) -> bool {
        let average = self.frames.iter().sum::<f64>() / FRAMES as f64;
        milliseconds >= average * self.factor
    }

    /// Takes note of a frame; true if it was slow.
    pub(super) fn note(&mut self, milliseconds: f64) -> bool {
        let is_spike = self.is_spike(milliseconds);
        if is_spike {
            self.factor *= FACTOR_GROWTH;
        }
        self.frames[self.next] = milliseconds;
        self.next = (self.next + 1) % FRAMES;
        is_spike
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_there_are_frames_the_average_is_sixty() {
        let mut detector = SpikeDetector::new();
        assert!(!detector.is_spike(77.9));
        assert!(detector.is_spike(78.0));
        // The average follows the last thirty-two frames.
        (0..FRAMES).for_each(|_| assert!(!detector.note(10.0)));
        assert!(!detector.is_spike(12.9));
        assert!(detector.is_spike(13.0));
    }

    #[test]
    fn each_spike_makes_the_next_one_harder() {
        let mut detector = SpikeDetector::new();
        (0..FRAMES).for_each(|_| assert!(!detector.note(10.0)));
        let mut factor = FACTOR;
        for _ in 0..100 {
            let average = detector.frames.iter().sum::<f64>() / FRAMES as f64;
            assert!(!detector.is_spike(average * factor * 0.999));
            assert!(detector.note(average * factor * 1.001));
            factor *= FACTOR_GROWTH;
        }
    }
}
