//! Which bucket a value is in.

/// The finest scale: a power of two is divided into 2^20 buckets.
pub(super) const SCALE_MAX: i32 = 20;

const MANTISSA_BITS: u32 = 52;
const EXPONENT_BIAS: i64 = 1_023;

/// The index of a positive, finite value's bucket at the finest scale: the bucket `i` holds what is
/// above `base^i` and not above `base^(i + 1)`, where `base = 2^(2^-20)`. At the scale `s`, the
/// index is this one shifted right by `20 - s`.
pub(super) fn finest_index(value: f64) -> i32 {
    // What is too small for a full mantissa is brought up to where there is one.
    let is_small = value < f64::MIN_POSITIVE;
    let (scaled, shift) = if is_small { (value * 2f64.powi(54), 54) } else { (value, 0) };
    let bits = scaled.to_bits();
    let exponent = (bits >> MANTISSA_BITS) as i64 - EXPONENT_BIAS - shift;
    let mantissa = bits & ((1 << MANTISSA_BITS) - 1);
    let first = exponent << SCALE_MAX;
    if mantissa == 0 {
        return (first - 1) as i32;
    }
    // From 1 to 2, both exclusive.
    let fraction = f64::from_bits(mantissa | (EXPONENT_BIAS as u64) << MANTISSA_BITS);
    let width = 1_i64 << SCALE_MAX;
    let offset = (fraction.log2() * width as f64).ceil() as i64 - 1;
    (first + offset.clamp(0, width - 1)) as i32
}

/// The upper bound of a bucket: `base^(index + 1)`.
pub(super) fn upper_bound(index: i64, scale: i32) -> f64 {
    ((index + 1) as f64 * 2f64.powi(-scale)).exp2()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn powers_of_two_end_their_bucket() {
        for exponent in [-1_074, -1_022, -1, 0, 1, 52, 1_023] {
            let value = f64::from(exponent).exp2();
            let index = finest_index(value);
            assert_eq!(index, (exponent << SCALE_MAX) - 1, "2^{exponent}");
            if exponent > -1_022 && exponent < 1_023 {
                let above = f64::from_bits(value.to_bits() + 1);
                let below = f64::from_bits(value.to_bits() - 1);
                assert_eq!(finest_index(above), index + 1);
                assert_eq!(finest_index(below), index);
            }
        }
    }

    proptest! {
        #[test]
        fn values_lie_between_the_bounds_of_their_bucket(
            value in prop::num::f64::POSITIVE.prop_filter("not infinite", |v| v.is_finite()),
            scale in -10..=8_i32,
        ) {
            let index = i64::from(finest_index(value) >> (SCALE_MAX - scale));
            let tolerance = 1.0 + 1e-12;
            prop_assert!(value <= upper_bound(index, scale) * tolerance);
            prop_assert!(value * tolerance > upper_bound(index - 1, scale));
        }
    }
}
