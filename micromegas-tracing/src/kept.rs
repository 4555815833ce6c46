//! Bytes that wait, perhaps for long, in memory of their own.

use crate::buffer::mapping::{Copied, copied_bytes};
use bytes::Bytes;

/// From this size on, bytes have pages of their own.
const MAPPED_BYTES_MIN: usize = 64 * 1024;

/// A copy of its own of these bytes, for a sink to keep until they are delivered. It takes
/// [`kept_bytes`] of memory, and where that is much, the system has it back once the last clone is
/// dropped, but for a little that waits for the next copy, whatever the allocator keeps: so that
/// what waits can be bounded.
///
/// ```
/// let kept = micromegas_tracing::keep(&[7; 100_000]);
/// assert_eq!(*kept, [7; 100_000]);
/// assert!(micromegas_tracing::kept_bytes(kept.len()) >= kept.len());
/// ```
pub fn keep(bytes: &[u8]) -> Bytes {
    let copied = if bytes.len() < MAPPED_BYTES_MIN { None } else { Copied::new(bytes) };
    match copied {
        Some(copied) => Bytes::from_owner(copied),
        None => Bytes::copy_from_slice(bytes),
    }
}

/// How much memory [`keep`] takes for so many bytes.
pub const fn kept_bytes(len: usize) -> usize {
    if len < MAPPED_BYTES_MIN { len } else { copied_bytes(len) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_bytes_are_kept_as_they_are() {
        for len in [0, 1, MAPPED_BYTES_MIN - 1, MAPPED_BYTES_MIN, MAPPED_BYTES_MIN + 1, 3 << 20] {
            let bytes: Vec<u8> = (0..len).map(|index| (index / 7) as u8).collect();
            let kept = keep(&bytes);
            let clone = kept.clone();
            drop(kept);
            assert_eq!(*clone, *bytes);
            assert!((len..=len + len / 8).contains(&kept_bytes(len)));
        }
    }
}
