//! LZ4 frames.

use micromegas_transit::{compress_frame, decompress_frame, decompress_frame_into};

const MAX_BYTES: usize = 1 << 20;

pub(super) fn check(data: &[u8]) {
    if let Ok(bytes) = decompress_frame(data, MAX_BYTES) {
        assert!(bytes.len() <= MAX_BYTES);
        // No proper beginning of a frame is a frame.
        let cuts = (0..data.len()).step_by(1 + data.len() / 32);
        for cut in cuts.chain(data.len().checked_sub(1)) {
            assert!(decompress_frame(&data[..cut], MAX_BYTES).is_err(), "cut at {cut}");
        }
        let mut used = vec![7; 100];
        assert_eq!(decompress_frame_into(data, MAX_BYTES, &mut used), Ok(()));
        assert_eq!(used, bytes);
        if let Some(short) = bytes.len().checked_sub(1) {
            assert!(decompress_frame(data, short).is_err());
        }
    }
    if data.len() < MAX_BYTES {
        assert_eq!(decompress_frame(&compress_frame(data), MAX_BYTES).as_deref(), Ok(data));
    }
}

/// A frame that holds the bytes as they are, without checksums.
pub(super) fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82];
    for chunk in bytes.chunks(64 << 10) {
        frame.extend((chunk.len() as u32 | 1 << 31).to_le_bytes());
        frame.extend(chunk);
    }
    frame.extend([0; 4]);
    frame
}
