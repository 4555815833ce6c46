//! How much was decompressed, so that a server can show that it decompresses nothing.

use std::sync::atomic::{AtomicU64, Ordering};

static INFLATED_BYTES: AtomicU64 = AtomicU64::new(0);

/// The bytes that came out of LZ4 and zstd in this process, by whichever function of this crate.
///
/// A server that takes blocks and never reads one leaves it at zero.
pub fn inflated_bytes() -> u64 {
    INFLATED_BYTES.load(Ordering::Relaxed)
}

/// Counts bytes that were decompressed.
pub(crate) fn count(bytes: usize) {
    INFLATED_BYTES.fetch_add(bytes as u64, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{compress_frame, decompress_frame};

    #[test]
    fn decompressed_bytes_are_counted() {
        let before = inflated_bytes();
        decompress_frame(&compress_frame(&[0; 1000]), 1000).unwrap();
        // Other tests of this process decompress, too.
        assert!(inflated_bytes() >= before + 1000);
    }
}
