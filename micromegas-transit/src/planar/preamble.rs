//! What stands before the header: which format this is, and a checksum of everything behind.

use twox_hash::XxHash64;

use super::codec::Codec;
use crate::cursor::Cursor;
use crate::{Error, Result};

/// The first bytes of a planar buffer.
const MAGIC: [u8; 4] = *b"mmpl";
/// The version that is written and read.
const VERSION: u8 = 1;
/// Where the bytes begin that the checksum covers.
const CHECKED_FROM: usize = 12;
/// Magic, version, codec, two reserved bytes, checksum, size of the header.
pub(super) const PREAMBLE_BYTES: usize = 16;

/// Whether a buffer is planar, by its first bytes; an LZ4 frame begins otherwise.
pub fn is_planar(buffer: &[u8]) -> bool {
    buffer.starts_with(&MAGIC)
}

/// Reads what stands before the header: the codec, and the size of the header.
pub(super) fn read(payload: &[u8]) -> Result<(Codec, usize)> {
    let mut cursor = Cursor::new(payload);
    if cursor.take_array()? != MAGIC {
        return Err(Error::InvalidPlanar { offset: 0, reason: "not a planar buffer" });
    }
    if cursor.read_u8()? != VERSION {
        return Err(Error::Unsupported { what: "version of a planar block" });
    }
    let codec = cursor.read_u8()?;
    if cursor.take_array()? != [0, 0] {
        return Err(Error::InvalidPlanar { offset: 6, reason: "reserved bytes are set" });
    }
    let checksum = cursor.read_u32()?;
    let checked = &payload[cursor.position()..];
    let header_bytes = cursor.read_u32()? as usize;
    cursor.take(header_bytes)?;
    if XxHash64::oneshot(0, checked) as u32 != checksum {
        return Err(Error::InvalidPlanar { offset: 8, reason: "checksum mismatch" });
    }
    Ok((Codec::of_number(codec)?, header_bytes))
}

/// Puts preamble, header and body together.
pub(super) fn assemble(codec: Codec, header: &[u8], body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(PREAMBLE_BYTES + header.len() + body.len());
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[VERSION, codec.number(), 0, 0]);
    out.extend_from_slice(&[0; 4]);
    // A header counts a handful of bytes for each type, group and open span.
    out.extend_from_slice(&(header.len() as u32).to_le_bytes());
    out.extend_from_slice(header);
    out.extend_from_slice(body);
    let checksum = XxHash64::oneshot(0, &out[CHECKED_FROM..]) as u32;
    out[8..12].copy_from_slice(&checksum.to_le_bytes());
    out
}
