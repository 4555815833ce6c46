//! Writing a frame.

use std::io::Write;

use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};

/// Compresses bytes into one LZ4 frame: linked blocks of 64 KiB, block and content checksums, no
/// content size. Nothing compresses to a frame of 15 bytes.
pub fn compress_frame(bytes: &[u8]) -> Vec<u8> {
    let info = FrameInfo::new()
        .block_mode(BlockMode::Linked)
        .block_size(BlockSize::Max64KB)
        .block_checksums(true)
        .content_checksum(true);
    let frame = Vec::with_capacity(bytes.len() / 4 + 64);
    let mut encoder = FrameEncoder::with_frame_info(info, frame);
    // Neither step can fail: the only source of errors is the writer, here a vector.
    let written = encoder.write_all(bytes);
    debug_assert!(written.is_ok(), "writing to memory cannot fail");
    let finished = encoder.try_finish();
    debug_assert!(finished.is_ok(), "writing to memory cannot fail");
    encoder.into_inner()
}
