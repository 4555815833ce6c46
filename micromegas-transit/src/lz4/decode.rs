//! Reading a frame into one bounded buffer.
//!
//! The blocks are walked twice. The first walk reads their sizes only: it proves that the frame is
//! whole (end mark, checksum, nothing behind it) before anything is allocated, and bounds the
//! output. The second one decompresses each block in place behind its predecessors, which are the
//! dictionary of linked blocks.

use lz4_flex::block::{DecompressError, decompress_into, decompress_into_with_dict};
use twox_hash::XxHash32;

use super::header::Header;
use crate::cursor::Cursor;
use crate::inflated;
use crate::{Error, Result};

/// How far back linked blocks refer.
const WINDOW_BYTES: usize = 64 << 10;

/// The format cannot expand a byte to more than this.
const MAX_RATIO: usize = 255;

/// Set in a block's size when the block is stored as it is.
const STORED: u32 = 1 << 31;

/// Decompresses one whole LZ4 frame of at most `max_bytes` of content.
///
/// Linked and independent blocks, all block sizes, with and without checksums and content size.
/// Checksums that are there are verified. The frame must end with its end mark and its content
/// checksum, and nothing may follow: a frame cut anywhere is an error, never a shorter success.
///
/// # Errors
/// [`Error::Truncated`] for a frame that is cut, [`Error::InvalidFrame`] for one that is corrupt or
/// of another format (the legacy one included), [`Error::LimitExceeded`] for one with more content,
/// [`Error::Unsupported`] for one that needs a dictionary.
pub fn decompress_frame(frame: &[u8], max_bytes: usize) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    decompress_frame_into(frame, max_bytes, &mut content)?;
    Ok(content)
}

/// Does what [`decompress_frame`] does, in a buffer whose memory is used again; what it held is
/// lost.
///
/// # Errors
/// Those of [`decompress_frame`]; the buffer's content is unspecified then.
pub fn decompress_frame_into(frame: &[u8], max_bytes: usize, content: &mut Vec<u8>) -> Result<()> {
    let too_large = || Error::LimitExceeded { what: "decompressed size", limit: max_bytes as u64 };
    let mut cursor = Cursor::new(frame);
    let header = Header::read(&mut cursor, frame)?;
    let bound = content_bound(cursor.clone(), &header)?;
    if header.content_size.is_some_and(|size| size > max_bytes as u64) {
        return Err(too_large());
    }
    resize_for_overwrite(content, bound.min(max_bytes));
    let mut filled = 0;
    while let Some(block) = Block::read(&mut cursor, &header)? {
        let invalid = |reason| Error::InvalidFrame { offset: block.offset, reason };
        if block.checksum.is_some_and(|sum| sum != XxHash32::oneshot(0, block.bytes)) {
            return Err(invalid("block checksum mismatch"));
        }
        let (before, after) = content.split_at_mut(filled);
        let room = after.len().min(header.block_bytes);
        let room_is_limit = after.len() < header.block_bytes;
        let output = &mut after[..room];
        let written = if block.stored {
            match output.get_mut(..block.bytes.len()) {
                Some(output) => output.copy_from_slice(block.bytes),
                None if room_is_limit => return Err(too_large()),
                None => return Err(invalid("stored block is larger than the block size")),
            }
            block.bytes.len()
        } else {
            let decompressed = if header.linked && filled > 0 {
                let window = &before[filled.saturating_sub(WINDOW_BYTES)..];
                decompress_into_with_dict(block.bytes, output, window)
            } else {
                decompress_into(block.bytes, output)
            };
            decompressed.map_err(|error| match error {
                DecompressError::OutputTooSmall { .. } if room_is_limit => too_large(),
                DecompressError::OutputTooSmall { .. } => {
                    invalid("block is larger than the block size")
                }
                _ => invalid("corrupt block"),
            })?
        };
        filled += written;
    }
    content.truncate(filled);
    inflated::count(filled);
    if header.content_size.is_some_and(|size| size != filled as u64) {
        return Err(Error::InvalidFrame { offset: 6, reason: "content size mismatch" });
    }
    if header.content_checksum {
        let offset = cursor.position();
        if cursor.read_u32()? != XxHash32::oneshot(0, content) {
            return Err(Error::InvalidFrame { offset, reason: "content checksum mismatch" });
        }
    }
    Ok(())
}

/// Gives a buffer a length. Fresh memory comes zeroed from the allocator, which costs nothing until
/// it is touched; memory that is there already is not touched at all.
fn resize_for_overwrite(content: &mut Vec<u8>, size: usize) {
    if content.capacity() < size {
        *content = vec![0; size];
    } else {
        content.resize(size, 0);
    }
}

/// One block of a frame, still compressed.
struct Block<'a> {
    offset: usize,
    bytes: &'a [u8],
    stored: bool,
    checksum: Option<u32>,
}

impl<'a> Block<'a> {
    /// Reads the next block; `None` is the end mark.
    fn read(cursor: &mut Cursor<'a>, header: &Header) -> Result<Option<Self>> {
        let size = cursor.read_u32()?;
        if size == 0 {
            return Ok(None);
        }
        let offset = cursor.position();
        let bytes = cursor.take((size & !STORED) as usize)?;
        let checksum = header.block_checksums.then(|| cursor.read_u32()).transpose()?;
        Ok(Some(Self { offset, bytes, stored: size & STORED != 0, checksum }))
    }
}

/// Walks over all blocks and what follows them, and tells how much content there can be at most.
fn content_bound(mut cursor: Cursor<'_>, header: &Header) -> Result<usize> {
    let mut bound = 0_usize;
    while let Some(block) = Block::read(&mut cursor, header)? {
        let block_bound = if block.stored {
            block.bytes.len()
        } else {
            block.bytes.len().saturating_mul(MAX_RATIO).min(header.block_bytes)
        };
        bound = bound.saturating_add(block_bound);
    }
    if header.content_checksum {
        cursor.read_u32()?;
    }
    if !cursor.is_empty() {
        let offset = cursor.position();
        return Err(Error::InvalidFrame { offset, reason: "bytes follow the frame" });
    }
    Ok(bound)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
    use proptest::prelude::*;

    use super::*;
    use crate::lz4::compress_frame;

    const MAX: usize = 16 << 20;

    fn frame_of(info: FrameInfo, bytes: &[u8]) -> Vec<u8> {
        let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// Repetitive enough to be compressed, with references across block borders.
    fn sample(size: usize) -> Vec<u8> {
        (0..size).map(|i| if i % 97 < 60 { (i / 97) as u8 } else { (i % 7) as u8 }).collect()
    }

    #[test]
    fn every_kind_of_frame_is_read() {
        let bytes = sample(300_000);
        for mode in [BlockMode::Linked, BlockMode::Independent] {
            for size in
                [BlockSize::Max64KB, BlockSize::Max256KB, BlockSize::Max1MB, BlockSize::Max4MB]
            {
                for checksums in [false, true] {
                    for content_size in [None, Some(bytes.len() as u64)] {
                        let info = FrameInfo::new()
                            .block_mode(mode)
                            .block_size(size)
                            .block_checksums(checksums)
                            .content_checksum(checksums)
                            .content_size(content_size);
                        let frame = frame_of(info, &bytes);
                        assert_eq!(decompress_frame(&frame, MAX).as_ref(), Ok(&bytes));
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_compresses_to_fifteen_bytes() {
        let frame = compress_frame(&[]);
        assert_eq!(frame.len(), 15);
        assert_eq!(decompress_frame(&frame, 0), Ok(Vec::new()));
        let unreal = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, 0, 0, 0, 0];
        assert_eq!(decompress_frame(&unreal, 0), Ok(Vec::new()));
    }

    #[test]
    fn a_frame_cut_anywhere_is_an_error() {
        let frame = compress_frame(&sample(150_000));
        for cut in (0..frame.len()).step_by(7).chain(frame.len() - 100..frame.len()) {
            assert!(decompress_frame(&frame[..cut], MAX).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn a_flipped_bit_anywhere_is_an_error() {
        let frame = compress_frame(&sample(1000));
        for position in 0..frame.len() {
            for bit in 0..8 {
                let mut corrupt = frame.clone();
                corrupt[position] ^= 1 << bit;
                assert!(decompress_frame(&corrupt, MAX).is_err(), "byte {position} bit {bit}");
            }
        }
    }

    #[test]
    fn a_buffer_can_be_used_again() {
        let mut buffer = Vec::new();
        for size in [100_000, 10, 0, 200_000, 70_000] {
            let bytes = sample(size);
            assert_eq!(decompress_frame_into(&compress_frame(&bytes), MAX, &mut buffer), Ok(()));
            assert!(buffer == bytes, "{size} bytes");
        }
    }

    #[test]
    fn output_is_bounded() {
        let bytes = vec![7; 1 << 20];
        let frame = compress_frame(&bytes);
        assert!(frame.len() < 8 << 10);
        assert_eq!(decompress_frame(&frame, bytes.len()), Ok(bytes.clone()));
        for max in [0, 1, 65_535, 65_536, 100_000, bytes.len() - 1] {
            assert_eq!(
                decompress_frame(&frame, max),
                Err(Error::LimitExceeded { what: "decompressed size", limit: max as u64 })
            );
        }
    }

    #[test]
    fn other_formats_and_trailing_bytes_are_refused() {
        let legacy = [0x02, 0x21, 0x4c, 0x18, 1, 0, 0, 0, 0];
        let error = decompress_frame(&legacy, MAX).unwrap_err();
        assert_eq!(error, Error::InvalidFrame { offset: 0, reason: "not an lz4 frame" });
        let mut followed = compress_frame(b"abc");
        followed.push(0);
        assert!(decompress_frame(&followed, MAX).is_err());
        let mut twice = compress_frame(b"abc");
        twice.extend(compress_frame(b"def"));
        assert!(decompress_frame(&twice, MAX).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_bytes_round_trip(
            unit in proptest::collection::vec(any::<u8>(), 0..2000),
            repeat in 0_usize..200,
        ) {
            let bytes = unit.repeat(repeat);
            prop_assert_eq!(decompress_frame(&compress_frame(&bytes), MAX), Ok(bytes));
        }

        #[test]
        fn arbitrary_bytes_never_panic(tail in proptest::collection::vec(any::<u8>(), 0..600)) {
            // No checksums, so that whatever follows reaches the block decoder.
            for flags in [[0x60, 0x40, 0x82], [0x40, 0x40, 0xc0]] {
                let mut frame = vec![0x04, 0x22, 0x4d, 0x18];
                frame.extend(flags);
                let mut block = (tail.len() as u32).to_le_bytes().to_vec();
                block.extend(&tail);
                frame.extend([5, 0, 0, 0, 0x40, 1, 2, 3, 4]);
                frame.extend(block);
                frame.extend([0; 4]);
                if let Ok(content) = decompress_frame(&frame, 10_000) {
                    prop_assert!(content.len() <= 10_000);
                }
            }
        }
    }
}
