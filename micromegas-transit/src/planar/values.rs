//! Reading a group's values out of its planes, chunk by chunk.

use super::header::Values;
use super::transform::{Seed, Transform, Width};

/// Walks over the values of a group.
#[derive(Debug, Clone, Default)]
pub(crate) struct ValueReader<'a> {
    width: Width,
    transform: Transform,
    state: Seed,
    /// What the constant planes contribute.
    base: u64,
    /// The other planes, each with the shift of its byte.
    planes: Vec<(u32, &'a [u8])>,
    left: usize,
}

impl<'a> ValueReader<'a> {
    /// Starts at the first value. `plane` gives the bytes of a plane, or the one they all equal.
    pub(super) fn new(
        values: &Values,
        plane: impl Fn(super::header::PlaneSource) -> std::result::Result<&'a [u8], u8>,
    ) -> Self {
        let (mut base, mut planes) = (0, Vec::new());
        for (place, source) in values.planes.iter().enumerate() {
            let shift = 8 * place as u32;
            match plane(*source) {
                Ok(bytes) => planes.push((shift, bytes)),
                Err(constant) => base |= u64::from(constant) << shift,
            }
        }
        Self {
            width: values.width,
            transform: values.transform,
            state: values.seed,
            base,
            planes,
            left: values.count,
        }
    }

    /// How many values are still to be read.
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// What all values have in common, if they are equal but for their lowest byte.
    pub(crate) fn low_byte_base(&self) -> Option<u64> {
        let is_low_byte = matches!(self.planes.as_slice(), [(0, _)]);
        (is_low_byte && self.transform == Transform::Raw).then_some(self.base)
    }

    /// Takes the lowest bytes of the next values.
    pub(crate) fn read_low_bytes(&mut self, count: usize) -> &'a [u8] {
        let Some((0, plane)) = self.planes.first_mut() else { return &[] };
        let (own, rest) = plane.split_at(count.min(self.left));
        *plane = rest;
        self.left -= own.len();
        own
    }

    /// Fills `out` with the next values, or its beginning if fewer are left.
    pub(crate) fn read(&mut self, out: &mut [u64]) {
        let count = out.len().min(self.left);
        let out = &mut out[..count];
        self.left -= count;
        let mut planes = [(0, &[][..]); 8];
        let places = planes.iter_mut().zip(&mut self.planes);
        for (own, (shift, bytes)) in places {
            let (first, rest) = bytes.split_at(count);
            *bytes = rest;
            *own = (*shift, first);
        }
        let planes = &planes[..self.planes.len()];
        join(planes, self.base, out);
        self.state.undo(self.transform, self.width, out);
    }
}

/// How many values are put together at a time: some vectors full.
const LANES: usize = 128;

/// Puts the bytes of planes together, and the bits of those that are constant.
fn join(planes: &[(u32, &[u8])], base: u64, out: &mut [u64]) {
    match planes {
        [] => out.fill(base),
        [(0, low)] => {
            for (value, low) in out.iter_mut().zip(*low) {
                *value = base | u64::from(*low);
            }
        }
        [(0, low), (8, high)] => {
            for ((value, low), high) in out.iter_mut().zip(*low).zip(*high) {
                *value = base | u64::from(u16::from_le_bytes([*low, *high]));
            }
        }
        _ => join_many(planes, base, out),
    }
}

/// Puts many planes together, a block of values after the other.
fn join_many(planes: &[(u32, &[u8])], base: u64, out: &mut [u64]) {
    let mut scratch = Scratch { pairs: [[0; LANES]; 2], halves: [[0; LANES]; 2] };
    let (blocks, rest) = out.as_chunks_mut::<LANES>();
    for (number, out) in blocks.iter_mut().enumerate() {
        let mut all = [None; 8];
        for (shift, bytes) in planes {
            all[*shift as usize / 8] = bytes[number * LANES..].first_chunk();
        }
        scratch.join(all, base, out);
    }
    if !rest.is_empty() {
        let begin = blocks.len() * LANES;
        let (mut padded, mut block) = ([[0; LANES]; 8], [0; LANES]);
        for ((_, bytes), padded) in planes.iter().zip(&mut padded) {
            padded[..rest.len()].copy_from_slice(&bytes[begin..begin + rest.len()]);
        }
        let mut all = [None; 8];
        for ((shift, _), padded) in planes.iter().zip(&padded) {
            all[*shift as usize / 8] = Some(padded);
        }
        scratch.join(all, base, &mut block);
        rest.copy_from_slice(&block[..rest.len()]);
    }
}

/// What is half put together.
struct Scratch {
    pairs: [[u16; LANES]; 2],
    halves: [[u32; LANES]; 2],
}

impl Scratch {
    /// Puts neighbours together first, then pairs, then fours, each in a loop of its own, which
    /// compilers turn into one over vectors. Halves that are constant take part in none.
    #[inline]
    fn join(&mut self, planes: [Option<&[u8; LANES]>; 8], base: u64, out: &mut [u64; LANES]) {
        let Self { pairs, halves } = self;
        let mut are_varying = [false; 2];
        for (number, four) in planes.as_chunks::<4>().0.iter().enumerate() {
            are_varying[number] = four.iter().any(Option::is_some);
            if are_varying[number] {
                join_bytes(four[0], four[1], &mut pairs[0]);
                join_bytes(four[2], four[3], &mut pairs[1]);
                join_pairs(pairs, &mut halves[number]);
            }
        }
        join_halves(halves, are_varying, base, out);
    }
}

#[inline]
fn join_bytes(low: Option<&[u8; LANES]>, high: Option<&[u8; LANES]>, out: &mut [u16; LANES]) {
    match (low, high) {
        (None, None) => out.fill(0),
        (Some(low), None) => {
            for (out, low) in out.iter_mut().zip(low) {
                *out = u16::from(*low);
            }
        }
        (None, Some(high)) => {
            for (out, high) in out.iter_mut().zip(high) {
                *out = u16::from(*high) << 8;
            }
        }
        (Some(low), Some(high)) => {
            for ((out, low), high) in out.iter_mut().zip(low).zip(high) {
                *out = u16::from(*low) | u16::from(*high) << 8;
            }
        }
    }
}

#[inline]
fn join_pairs([low, high]: &[[u16; LANES]; 2], out: &mut [u32; LANES]) {
    for ((out, low), high) in out.iter_mut().zip(low).zip(high) {
        *out = u32::from(*low) | u32::from(*high) << 16;
    }
}

#[inline]
fn join_halves(
    [low, high]: &[[u32; LANES]; 2],
    are_varying: [bool; 2],
    base: u64,
    out: &mut [u64; LANES],
) {
    match are_varying {
        [_, false] => {
            for (out, low) in out.iter_mut().zip(low) {
                *out = base | u64::from(*low);
            }
        }
        [false, true] => {
            for (out, high) in out.iter_mut().zip(high) {
                *out = base | u64::from(*high) << 32;
            }
        }
        [true, true] => {
            for ((out, low), high) in out.iter_mut().zip(low).zip(high) {
                *out = base | u64::from(*low) | u64::from(*high) << 32;
            }
        }
    }
}
