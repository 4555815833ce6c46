//! The histogram itself.

use super::buckets::Buckets;
use super::index::{SCALE_MAX, finest_index};

/// Counts of values in buckets of exponentially growing width. There are at most 160 buckets of a
/// sign: what is recorded is exact up to the width of a bucket, which is that of the finest scale
/// that has room for the least and the greatest magnitude.
///
/// The same values give the same buckets, in whatever order they come and however often partial
/// histograms are merged: the scale depends on the extremes alone, and a bucket of a coarser scale
/// is a union of buckets of a finer one.
///
/// Values that are not finite are not counted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ExponentialHistogram {
    pub(super) scale: i32,
    pub(super) count: u64,
    pub(super) sum: f64,
    /// None while there is no value.
    pub(super) bounds: Option<(f64, f64)>,
    pub(super) zero_count: u64,
    pub(super) positive: Buckets,
    pub(super) negative: Buckets,
}

impl Default for ExponentialHistogram {
    fn default() -> Self {
        Self {
            scale: SCALE_MAX,
            count: 0,
            sum: 0.0,
            bounds: None,
            zero_count: 0,
            positive: Buckets::default(),
            negative: Buckets::default(),
        }
    }
}

impl ExponentialHistogram {
    /// Counts a value.
    pub(super) fn record(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        self.count += 1;
        self.sum += value;
        self.widen(value, value);
        if value == 0.0 {
            self.zero_count += 1;
            return;
        }
        let finest = finest_index(value.abs());
        let index = finest >> self.shift();
        let excess = self.side(value > 0.0).excess(index, index);
        self.downscale(excess);
        let index = finest >> self.shift();
        self.side(value > 0.0).add(index, 1);
    }

    /// Counts what another histogram has counted.
    pub(super) fn merge(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.sum += other.sum;
        self.zero_count = self.zero_count.saturating_add(other.zero_count);
        if let Some((min, max)) = other.bounds {
            self.widen(min, max);
        }
        let mut other = other.clone();
        let scale = self.scale.min(other.scale);
        self.downscale((self.scale - scale).unsigned_abs());
        other.downscale((other.scale - scale).unsigned_abs());
        let sides = [(&self.positive, &other.positive), (&self.negative, &other.negative)];
        let excess = sides
            .iter()
            .filter(|(_, more)| !more.counts.is_empty())
            .map(|(own, more)| own.excess(more.offset, more.last()))
            .max()
            .unwrap_or(0);
        self.downscale(excess);
        other.downscale(excess);
        for (index, count) in other.positive.iter() {
            self.positive.add(index as i32, count);
        }
        for (index, count) in other.negative.iter() {
            self.negative.add(index as i32, count);
        }
    }

    fn widen(&mut self, min: f64, max: f64) {
        let (least, greatest) = self.bounds.unwrap_or((min, max));
        self.bounds = Some((least.min(min), greatest.max(max)));
    }

    fn side(&mut self, is_positive: bool) -> &mut Buckets {
        if is_positive { &mut self.positive } else { &mut self.negative }
    }

    /// How far an index of the finest scale is shifted.
    fn shift(&self) -> u32 {
        (SCALE_MAX - self.scale).unsigned_abs().min(31)
    }

    fn downscale(&mut self, by: u32) {
        self.scale -= by as i32;
        self.positive.downscale(by);
        self.negative.downscale(by);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::buckets::BUCKET_COUNT_MAX;
    use super::*;

    fn of(values: &[f64]) -> ExponentialHistogram {
        let mut histogram = ExponentialHistogram::default();
        values.iter().for_each(|value| histogram.record(*value));
        histogram
    }

    #[test]
    fn a_single_value_keeps_the_finest_scale() {
        let histogram = of(&[1.0]);
        assert_eq!((histogram.scale, histogram.positive.offset), (SCALE_MAX, -1));
        assert_eq!(histogram.positive.counts, [1]);
        assert_eq!(histogram.bounds, Some((1.0, 1.0)));
    }

    #[test]
    fn the_widest_range_fits() {
        let histogram = of(&[5e-324, f64::MAX, -5e-324, -f64::MAX, 0.0, -0.0]);
        assert_eq!((histogram.count, histogram.zero_count), (6, 2));
        for side in [&histogram.positive, &histogram.negative] {
            assert!(side.counts.len() <= BUCKET_COUNT_MAX, "{}", side.counts.len());
            assert_eq!(side.counts.iter().sum::<u64>(), 2);
        }
    }

    #[test]
    fn what_is_not_finite_is_not_counted() {
        assert_eq!(of(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY]), of(&[]));
        assert_eq!(of(&[f64::NAN, 2.0]), of(&[2.0]));
    }

    #[test]
    fn known_values_have_the_buckets_that_the_definition_gives() {
        // 1, 2, 4, …, 2^159 need 160 buckets of a power of two each: scale 0.
        let values: Vec<f64> = (0..160).map(|exponent| 2f64.powi(exponent)).collect();
        let histogram = of(&values);
        assert_eq!((histogram.scale, histogram.positive.offset), (0, -1));
        assert_eq!(histogram.positive.counts, [1; 160]);
        // One more halves them: 1 is alone, as the upper bound of its bucket.
        let values: Vec<f64> = (0..161).map(|exponent| 2f64.powi(exponent)).collect();
        let histogram = of(&values);
        assert_eq!((histogram.scale, histogram.positive.offset), (-1, -1));
        let mut expected = vec![2; 81];
        expected[0] = 1;
        assert_eq!(histogram.positive.counts, expected);
    }

    /// Values of very different magnitudes.
    fn values() -> impl Strategy<Value = Vec<f64>> {
        let value = prop_oneof![
            4 => (-1_000..1_000_i32).prop_map(|value| f64::from(value) / 8.0),
            1 => prop::num::f64::ANY,
        ];
        prop::collection::vec(value, 0..200)
    }

    /// Without the sum, whose rounding depends on the order.
    fn exact(histogram: &ExponentialHistogram) -> ExponentialHistogram {
        ExponentialHistogram { sum: 0.0, ..histogram.clone() }
    }

    proptest! {
        #[test]
        fn merging_parts_in_any_order_is_recording_the_whole(
            values in values(),
            mut cuts in prop::collection::vec(0..200_usize, 0..4),
            reversed in any::<bool>(),
        ) {
            cuts.push(0);
            cuts.push(values.len());
            cuts.iter_mut().for_each(|cut| *cut = (*cut).min(values.len()));
            cuts.sort_unstable();
            let mut parts: Vec<_> = cuts.windows(2).map(|cut| of(&values[cut[0]..cut[1]])).collect();
            if reversed {
                parts.reverse();
            }
            let mut merged = ExponentialHistogram::default();
            parts.iter().for_each(|part| merged.merge(part));
            let whole = of(&values);
            prop_assert_eq!(exact(&merged), exact(&whole));
            let finite = values.iter().filter(|value| value.is_finite()).count();
            prop_assert_eq!(merged.count, finite as u64);
            let counted = [&merged.positive, &merged.negative]
                .iter()
                .map(|side| side.counts.iter().sum::<u64>())
                .sum::<u64>();
            prop_assert_eq!(counted + merged.zero_count, merged.count);
        }
    }
}
