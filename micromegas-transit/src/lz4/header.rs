//! The header of a frame.

use twox_hash::XxHash32;

use crate::cursor::Cursor;
use crate::{Error, Result};

const MAGIC: u32 = 0x184D_2204;

/// What a frame's header says about the blocks that follow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    /// Whether a block may refer to the 64 KiB before it.
    pub(super) linked: bool,
    /// Whether each block is followed by its checksum.
    pub(super) block_checksums: bool,
    /// Whether the frame ends with a checksum of everything decompressed.
    pub(super) content_checksum: bool,
    /// Size of everything decompressed, when the header tells.
    pub(super) content_size: Option<u64>,
    /// Greatest decompressed size of one block.
    pub(super) block_bytes: usize,
}

impl Header {
    /// Reads and verifies a header, and leaves the cursor at the first block.
    pub(super) fn read(cursor: &mut Cursor<'_>, frame: &[u8]) -> Result<Self> {
        let invalid = |offset, reason| Err(Error::InvalidFrame { offset, reason });
        if cursor.read_u32()? != MAGIC {
            return invalid(0, "not an lz4 frame");
        }
        let descriptor = cursor.position();
        let [flags, block_descriptor] = cursor.take_array()?;
        if flags >> 6 != 1 {
            return invalid(descriptor, "unknown version");
        }
        if flags & 0b10 != 0 || block_descriptor & 0b1000_1111 != 0 {
            return invalid(descriptor, "reserved bits are set");
        }
        if flags & 1 != 0 {
            return Err(Error::Unsupported { what: "lz4 frame with a dictionary" });
        }
        let block_bytes = match block_descriptor >> 4 {
            size @ 4..=7 => 1 << (8 + 2 * size),
            _ => return invalid(descriptor + 1, "unknown block size"),
        };
        let content_size = (flags & 0b1000 != 0).then(|| cursor.read_u64()).transpose()?;
        let checked = &frame[descriptor..cursor.position()];
        let checksum = (XxHash32::oneshot(0, checked) >> 8) as u8;
        if cursor.read_u8()? != checksum {
            return invalid(cursor.position() - 1, "header checksum mismatch");
        }
        Ok(Self {
            linked: flags & 0b10_0000 == 0,
            block_checksums: flags & 0b1_0000 != 0,
            content_checksum: flags & 0b100 != 0,
            content_size,
            block_bytes,
        })
    }
}
