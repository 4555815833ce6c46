//! Text as it is encoded on the wire, made UTF-8.

use std::str::Utf8Chunk;

use super::columns::reserve_tightly;
use super::losses::LossReason;
use crate::cursor::Cursor;

const ANSI: u8 = 0;
const WIDE: u8 = 1;
const UTF8: u8 = 2;

/// Appends bytes as UTF-8; what is not UTF-8 becomes replacement characters.
#[inline]
pub(super) fn append_utf8(out: &mut Vec<u8>, bytes: &[u8]) {
    if std::str::from_utf8(bytes).is_ok() {
        out.extend_from_slice(bytes);
    } else {
        append_lossy(out, bytes);
    }
}

#[cold]
fn append_lossy(out: &mut Vec<u8>, bytes: &[u8]) {
    let replacement_bytes = char::REPLACEMENT_CHARACTER.len_utf8();
    let chunk_bytes = |chunk: Utf8Chunk<'_>| {
        chunk.valid().len() + if chunk.invalid().is_empty() { 0 } else { replacement_bytes }
    };
    reserve_tightly(out, bytes.utf8_chunks().map(chunk_bytes).sum());
    for chunk in bytes.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        if !chunk.invalid().is_empty() {
            append_char(out, char::REPLACEMENT_CHARACTER);
        }
    }
}

fn append_char(out: &mut Vec<u8>, char: char) {
    out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Appends UTF-16LE as UTF-8; lone surrogates become replacement characters.
fn append_wide(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), LossReason> {
    let (units, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(LossReason::InvalidText);
    }
    let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
    let chars = char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER));
    reserve_tightly(out, chars.clone().map(char::len_utf8).sum());
    for char in chars {
        append_char(out, char);
    }
    Ok(())
}

/// Reads a string of the form codec, size in bytes, bytes, and appends it as UTF-8.
#[inline]
pub(super) fn append_dyn_string(
    out: &mut Vec<u8>,
    cursor: &mut Cursor<'_>,
    max_bytes: usize,
) -> Result<(), LossReason> {
    let invalid = |_| LossReason::InvalidText;
    let codec = cursor.read_u8().map_err(invalid)?;
    let size = cursor.read_u32().map_err(invalid)?;
    let bytes = cursor.take(size as usize).map_err(invalid)?;
    if bytes.len() > max_bytes {
        return Err(LossReason::TextLimitExceeded);
    }
    match codec {
        UTF8 | ANSI => {
            append_utf8(out, bytes);
            Ok(())
        }
        WIDE => append_wide(out, bytes),
        _ => Err(LossReason::InvalidText),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<String, LossReason> {
        let mut out = Vec::new();
        append_dyn_string(&mut out, &mut Cursor::new(bytes), 100)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn all_codecs_become_utf8() {
        assert_eq!(read(&[0, 2, 0, 0, 0, b'h', b'i']).as_deref(), Ok("hi"));
        assert_eq!(read(&[2, 2, 0, 0, 0, 0xc3, 0xa9]).as_deref(), Ok("é"));
        assert_eq!(read(&[2, 3, 0, 0, 0, b'a', 0xff, b'b']).as_deref(), Ok("a\u{fffd}b"));
        assert_eq!(read(&[1, 4, 0, 0, 0, b'h', 0, 0xe9, 0]).as_deref(), Ok("hé"));
        assert_eq!(read(&[1, 4, 0, 0, 0, 0x3d, 0xd8, 0x00, 0xde]).as_deref(), Ok("😀"));
        assert_eq!(read(&[1, 4, 0, 0, 0, 0x3d, 0xd8, b'a', 0]).as_deref(), Ok("\u{fffd}a"));
    }

    #[test]
    fn bad_strings_are_refused() {
        assert_eq!(read(&[]), Err(LossReason::InvalidText));
        assert_eq!(read(&[2, 3, 0, 0, 0, b'h', b'i']), Err(LossReason::InvalidText));
        assert_eq!(read(&[2, 255, 255, 255, 255, b'h']), Err(LossReason::InvalidText));
        assert_eq!(read(&[1, 3, 0, 0, 0, b'h', 0, b'i']), Err(LossReason::InvalidText));
        assert_eq!(read(&[3, 1, 0, 0, 0, b'h']), Err(LossReason::InvalidText));
        let mut long = vec![2, 101, 0, 0, 0];
        long.extend([b'x'; 101]);
        assert_eq!(read(&long), Err(LossReason::TextLimitExceeded));
    }
}
