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

/// Puts the bytes of planes together, and the bits of those that are constant.
fn join(planes: &[(u32, &[u8])], base: u64, out: &mut [u64]) {
    match planes {
        [] => out.fill(base),
        [(shift, low)] => {
            for (value, low) in out.iter_mut().zip(*low) {
                *value = base | u64::from(*low) << shift;
            }
        }
        [(0, low), (8, high)] => {
            for ((value, low), high) in out.iter_mut().zip(*low).zip(*high) {
                *value = base | u64::from(u16::from_le_bytes([*low, *high]));
            }
        }
        _ => {
            for (number, out) in out.chunks_mut(ZEROS.len()).enumerate() {
                let begin = number * ZEROS.len();
                let mut all = [&ZEROS[..out.len()]; 8];
                for (shift, bytes) in planes {
                    all[*shift as usize / 8] = &bytes[begin..begin + out.len()];
                }
                join_many(all, base, planes.iter().all(|(shift, _)| *shift < 32), out);
            }
        }
    }
}

/// Stands for planes that are constant.
const ZEROS: [u8; 1024] = [0; 1024];

/// How many values are put together in registers.
const LANES: usize = 16;

/// Puts eight planes together: neighbours first, then pairs, then fours. The upper four are not
/// looked at if the lower ones are all there is.
fn join_many(planes: [&[u8]; 8], base: u64, is_low: bool, out: &mut [u64]) {
    let (out_chunks, out_rest) = out.as_chunks_mut::<LANES>();
    let count = out_chunks.len();
    let [a, b, c, d, e, f, g, h] = planes.map(|plane| &plane.as_chunks::<LANES>().0[..count]);
    for place in 0..count {
        let low = join_pairs(join_bytes(&a[place], &b[place]), join_bytes(&c[place], &d[place]));
        let out = &mut out_chunks[place];
        if is_low {
            for (value, low) in out.iter_mut().zip(low) {
                *value = base | u64::from(low);
            }
        } else {
            let high =
                join_pairs(join_bytes(&e[place], &f[place]), join_bytes(&g[place], &h[place]));
            for (value, (low, high)) in out.iter_mut().zip(low.into_iter().zip(high)) {
                *value = base | u64::from(low) | u64::from(high) << 32;
            }
        }
    }
    for (place, value) in out_rest.iter_mut().enumerate() {
        *value = base | u64::from_le_bytes(planes.map(|plane| plane[count * LANES + place]));
    }
}

#[inline]
fn join_bytes(low: &[u8; LANES], high: &[u8; LANES]) -> [u16; LANES] {
    std::array::from_fn(|place| u16::from_le_bytes([low[place], high[place]]))
}

#[inline]
fn join_pairs(low: [u16; LANES], high: [u16; LANES]) -> [u32; LANES] {
    std::array::from_fn(|place| u32::from(low[place]) | u32::from(high[place]) << 16)
}
