//! Integers of variable size: seven bits a byte, the lowest first, the high bit set on all bytes
//! but the last.

use crate::cursor::Cursor;
use crate::{Error, Result};

/// Appends an unsigned integer.
pub(super) fn write(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a signed integer, small ones of either sign in few bytes.
pub(super) fn write_signed(out: &mut Vec<u8>, value: i64) {
    write(out, zigzag(value));
}

/// Reads an unsigned integer.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<u64> {
    let offset = cursor.position();
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = cursor.read_u8()?;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            break;
        }
        value |= bits << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(Error::InvalidPlanar { offset, reason: "an integer exceeds 64 bits" })
}

/// Reads a signed integer.
pub(super) fn read_signed(cursor: &mut Cursor<'_>) -> Result<i64> {
    read(cursor).map(unzigzag)
}

/// Reads an integer that must fit 32 bits.
pub(super) fn read_u32(cursor: &mut Cursor<'_>) -> Result<u32> {
    let offset = cursor.position();
    u32::try_from(read(cursor)?)
        .map_err(|_| Error::InvalidPlanar { offset, reason: "an integer exceeds 32 bits" })
}

/// 0, -1, 1, -2, … become 0, 1, 2, 3, …
#[inline]
pub(super) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

#[inline]
pub(super) fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_round_trip() {
        let values = [0, 1, 127, 128, 300, u64::from(u32::MAX), 1 << 63, u64::MAX];
        for value in values {
            let mut bytes = Vec::new();
            write(&mut bytes, value);
            write_signed(&mut bytes, value.cast_signed());
            let mut cursor = Cursor::new(&bytes);
            assert_eq!(read(&mut cursor), Ok(value));
            assert_eq!(read_signed(&mut cursor), Ok(value.cast_signed()));
            assert!(cursor.is_empty());
            for cut in 0..bytes.len() {
                let mut cursor = Cursor::new(&bytes[..cut]);
                assert!(read(&mut cursor).and_then(|_| read(&mut cursor)).is_err());
            }
        }
    }

    #[test]
    fn integers_that_are_too_long_are_refused() {
        let mut bytes = [0xff; 10];
        assert!(read(&mut Cursor::new(&bytes)).is_err());
        bytes[9] = 2;
        assert!(read(&mut Cursor::new(&bytes)).is_err());
        bytes[9] = 1;
        assert_eq!(read(&mut Cursor::new(&bytes)), Ok(u64::MAX));
        assert!(read_u32(&mut Cursor::new(&bytes)).is_err());
    }
}
