//! Choosing the transform that makes a group's values smallest.

use super::transform::{Seed, Transform, Width};

/// How many values are looked at.
const SAMPLE_COUNT: usize = 512;

/// A difference must save this share of the bits to be preferred to the values themselves, which
/// repeat more often than their differences do.
const WORTHWHILE: f32 = 0.97;

/// The transform whose planes have the least entropy together, judged by the first values.
pub(super) fn transform_for(values: &[u64], width: Width) -> Transform {
    let sample = &values[..values.len().min(SAMPLE_COUNT)];
    let mut best = (Transform::Raw, f32::MAX);
    for transform in Transform::CODED {
        let mut stored = [0; SAMPLE_COUNT];
        let stored = &mut stored[..sample.len()];
        stored.copy_from_slice(sample);
        Seed::before(sample, width).apply(transform, width, stored);
        let bits = entropy(stored, width);
        if bits < best.1 * WORTHWHILE {
            best = (transform, bits);
        }
    }
    best.0
}

/// The bits that an order-0 coder needs for all planes of the values.
fn entropy(values: &[u64], width: Width) -> f32 {
    let varying = values.iter().fold(0, |bits, value| bits | (value ^ values[0]));
    let mut bits = 0.0;
    for plane in (0..width.bytes()).filter(|plane| varying >> (8 * plane) & 0xff != 0) {
        let mut counts = [0_u16; 256];
        for value in values {
            counts[usize::from((value >> (8 * plane)) as u8)] += 1;
        }
        let present = counts.iter().filter(|count| **count > 0).map(|count| f32::from(*count));
        let total = values.len() as f32;
        bits += present.map(|count| count * (total / count).log2()).sum::<f32>();
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(values: impl Iterator<Item = u64>) -> Transform {
        transform_for(&values.take(2000).collect::<Vec<_>>(), Width::new(8).unwrap())
    }

    fn noise(index: u64) -> u64 {
        let mixed = index.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40
    }

    #[test]
    fn each_kind_of_values_gets_its_transform() {
        assert_eq!(chosen((0..).map(|i| noise(i) % 60)), Transform::Raw);
        let mut time = 1 << 40;
        let irregular = (0..).map(|i| {
            time += 20 + noise(i) % 2048;
            time
        });
        assert_eq!(chosen(irregular), Transform::Delta);
        let shaken = (0..).map(|i: u64| (1 << 40) + noise(i) % 9);
        assert_eq!(chosen(shaken), Transform::Raw);
        let walk = (0..).scan(1_u64 << 40, |at, i| {
            *at = at.wrapping_add(noise(i) % 99).wrapping_sub(49);
            Some(*at)
        });
        assert_eq!(chosen(walk), Transform::SignedDelta);
        assert_eq!(chosen((0..).map(|i| i * i * 1000)), Transform::DeltaOfDelta);
    }

    #[test]
    fn few_values_are_judged_too() {
        assert_eq!(transform_for(&[], Width::new(1).unwrap()), Transform::Raw);
        assert_eq!(transform_for(&[7], Width::new(1).unwrap()), Transform::Raw);
    }
}
