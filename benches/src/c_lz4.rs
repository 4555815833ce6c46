//! The reference C library's LZ4 frames, compressed as published clients do: level 10, linked
//! blocks of 64 KiB, checksums of blocks and contents.
#![expect(unsafe_code, reason = "calls the reference C library")]

use std::ptr;

use lz4_sys::{
    BlockChecksum, BlockMode, BlockSize, ContentChecksum, FrameType, LZ4F_VERSION,
    LZ4F_compressBegin, LZ4F_compressBound, LZ4F_compressEnd, LZ4F_compressUpdate,
    LZ4F_createCompressionContext, LZ4F_createDecompressionContext, LZ4F_decompress,
    LZ4F_freeCompressionContext, LZ4F_freeDecompressionContext, LZ4F_isError,
    LZ4FCompressionContext, LZ4FDecompressionContext, LZ4FFrameInfo, LZ4FPreferences,
};

/// The longest header of a frame, by the library's own documentation.
const HEADER_SIZE_MAX: usize = 19;

const PREFERENCES: LZ4FPreferences = LZ4FPreferences {
    frame_info: LZ4FFrameInfo {
        block_size_id: BlockSize::Max64KB,
        block_mode: BlockMode::Linked,
        content_checksum_flag: ContentChecksum::ChecksumEnabled,
        frame_type: FrameType::Frame,
        content_size: 0,
        dict_id: 0,
        block_checksum_flag: BlockChecksum::BlockChecksumEnabled,
    },
    compression_level: 10,
    auto_flush: 0,
    favor_dec_speed: 0,
    reserved: [0; 3],
};

/// One frame with these contents.
///
/// # Panics
/// When the library reports an error.
pub fn compress_frame(contents: &[u8]) -> Vec<u8> {
    let mut context = LZ4FCompressionContext(ptr::null_mut());
    // SAFETY: the context is a valid place for the pointer that the library returns.
    checked(unsafe { LZ4F_createCompressionContext(&mut context, LZ4F_VERSION) });
    // SAFETY: the function only computes; the preferences outlive the call.
    let bound = unsafe { LZ4F_compressBound(contents.len(), &PREFERENCES) };
    let mut frame = vec![0; HEADER_SIZE_MAX + bound];

    let (out, room) = (frame.as_mut_ptr(), frame.len());
    // SAFETY: the context was created above; `out` has `room` writable bytes.
    let mut size = checked(unsafe { LZ4F_compressBegin(context, out, room, &PREFERENCES) });
    let (out, room) = (frame[size..].as_mut_ptr(), frame.len() - size);
    let (source, length) = (contents.as_ptr(), contents.len());
    // SAFETY: as above; `source` has `length` readable bytes; absent options mean the default.
    size +=
        checked(unsafe { LZ4F_compressUpdate(context, out, room, source, length, ptr::null()) });
    let (out, room) = (frame[size..].as_mut_ptr(), frame.len() - size);
    // SAFETY: as above.
    size += checked(unsafe { LZ4F_compressEnd(context, out, room, ptr::null()) });
    // SAFETY: the context was created above and is not used again.
    unsafe { LZ4F_freeCompressionContext(context) };
    frame.truncate(size);
    frame
}

/// A decompressor that is used again and again.
#[derive(Debug)]
pub struct Decompressor {
    context: LZ4FDecompressionContext,
}

impl Decompressor {
    /// A new one.
    ///
    /// # Panics
    /// When the library reports an error.
    pub fn new() -> Self {
        let mut context = LZ4FDecompressionContext(ptr::null_mut());
        // SAFETY: the context is a valid place for the pointer that the library returns.
        checked(unsafe { LZ4F_createDecompressionContext(&mut context, LZ4F_VERSION) });
        Self { context }
    }

    /// Decompresses a whole frame in one call into a buffer of the contents' size.
    ///
    /// # Panics
    /// When the frame does not fill the buffer exactly, or the library reports an error.
    pub fn decompress_frame(&mut self, frame: &[u8], contents: &mut [u8]) {
        let (mut written, mut read) = (contents.len(), frame.len());
        let (out, source) = (contents.as_mut_ptr(), frame.as_ptr());
        // SAFETY: `out` has `written` writable bytes, `source` has `read` readable bytes, the
        // context was created in `new` and `self` is borrowed exclusively; absent options mean the
        // default.
        let missing = checked(unsafe {
            LZ4F_decompress(self.context, out, &mut written, source, &mut read, ptr::null())
        });
        assert_eq!(
            (missing, written, read),
            (0, contents.len(), frame.len()),
            "the frame fills the buffer and ends"
        );
    }
}

impl Default for Decompressor {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Decompressor {
    fn drop(&mut self) {
        // SAFETY: the context was created in `new` and is not used again.
        unsafe { LZ4F_freeDecompressionContext(self.context) };
    }
}

/// The library's result, which is an error code or a size.
fn checked(result: usize) -> usize {
    // SAFETY: the function takes any number and only compares it.
    let is_error = unsafe { LZ4F_isError(result) } != 0;
    assert!(!is_error, "the LZ4 library reports error {}", result.wrapping_neg());
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_holds_its_contents() {
        let contents: Vec<u8> = (0..300_000u32).map(|i| (i.wrapping_mul(i) >> 9) as u8).collect();
        let frame = compress_frame(&contents);
        let mut decompressor = Decompressor::new();
        for _ in 0..2 {
            let mut copy = vec![0; contents.len()];
            decompressor.decompress_frame(&frame, &mut copy);
            assert!(copy == contents);
        }
    }
}
