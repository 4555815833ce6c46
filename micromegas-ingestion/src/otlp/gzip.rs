//! The gzip format (RFC 1952): members of a header, a DEFLATE stream, a checksum and a length.

use miniz_oxide::DataFormat;

use super::encoding::{Failure, Output, inflate_stream};

const CUT: Failure = Failure::Corrupt("it ends in the middle of a gzip member");

/// Decompresses all members.
pub(crate) fn decode(mut input: &[u8], output: &mut Output<'_>) -> Result<(), Failure> {
    if input.is_empty() {
        return Err(CUT);
    }
    while !input.is_empty() {
        let stream = after_header(input)?;
        let start = output.bytes.len();
        let length = inflate_stream(stream, DataFormat::Raw, output)?;
        let (trailer, rest) = stream[length..].split_first_chunk::<8>().ok_or(CUT)?;
        let member = &output.bytes[start..];
        let expected = (u64::from(member.len() as u32) << 32 | u64::from(crc32fast::hash(member)))
            .to_le_bytes();
        if *trailer != expected {
            return Err(Failure::Corrupt("its gzip checksum is wrong"));
        }
        input = rest;
    }
    Ok(())
}

/// What follows the header of a member.
fn after_header(input: &[u8]) -> Result<&[u8], Failure> {
    let (header, mut rest) = input.split_first_chunk::<10>().ok_or(CUT)?;
    let [0x1f, 0x8b, 8, flags, ..] = *header else {
        return Err(Failure::Corrupt("it is not gzip"));
    };
    if flags & 0x04 != 0 {
        let (length, extra) = rest.split_first_chunk().ok_or(CUT)?;
        rest = extra.get(usize::from(u16::from_le_bytes(*length))..).ok_or(CUT)?;
    }
    // A name, then a comment, each ending with a zero.
    for flag in [0x08, 0x10] {
        if flags & flag != 0 {
            let end = rest.iter().position(|byte| *byte == 0).ok_or(CUT)?;
            rest = &rest[end + 1..];
        }
    }
    if flags & 0x02 != 0 {
        rest = rest.get(2..).ok_or(CUT)?;
    }
    Ok(rest)
}
