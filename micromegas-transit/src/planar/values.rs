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
        let (mut base, mut planes) = (0, Vec::with_capacity(8));
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

    /// Fills `out` with the next values, or its beginning if fewer are left.
    pub(crate) fn read(&mut self, out: &mut [u64]) {
        let count = out.len().min(self.left);
        let out = &mut out[..count];
        self.left -= count;
        let base = self.base;
        let mut planes = self.planes.iter_mut().map(|(shift, bytes)| {
            let (own, rest) = bytes.split_at(count);
            *bytes = rest;
            (*shift, own)
        });
        match (planes.next(), planes.next()) {
            (None, _) => out.fill(base),
            (Some((shift, low)), None) => {
                for (value, low) in out.iter_mut().zip(low) {
                    *value = base | u64::from(*low) << shift;
                }
            }
            (Some((0, low)), Some((8, high))) => {
                for ((value, low), high) in out.iter_mut().zip(low).zip(high) {
                    *value = base | u64::from(u16::from_le_bytes([*low, *high]));
                }
            }
            (Some((shift, low)), Some((next_shift, next))) => {
                for ((value, low), next) in out.iter_mut().zip(low).zip(next) {
                    *value = base | u64::from(*low) << shift | u64::from(*next) << next_shift;
                }
            }
        }
        for (shift, bytes) in planes {
            for (value, byte) in out.iter_mut().zip(bytes) {
                *value |= u64::from(*byte) << shift;
            }
        }
        self.state.undo(self.transform, self.width, out);
    }
}
