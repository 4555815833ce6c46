//! The one bounds-checked reader of untrusted bytes.

use crate::{Error, Result};

/// Reads little-endian values from a byte slice, front to back; every read is checked.
///
/// A failed read moves nothing.
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Cursor<'a> {
    /// Starts at the first of `bytes`.
    #[inline]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// Number of bytes read so far.
    #[inline]
    pub fn position(&self) -> usize {
        self.position
    }

    /// Number of bytes left.
    #[inline]
    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.position
    }

    /// Whether nothing is left.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.remaining() == 0
    }

    /// Takes the next `count` bytes.
    ///
    /// # Errors
    /// [`Error::Truncated`] when fewer are left.
    #[inline]
    pub fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        match self.bytes[self.position..].get(..count) {
            Some(taken) => {
                self.position += count;
                Ok(taken)
            }
            None => Err(self.truncated(count)),
        }
    }

    /// Takes all bytes that are left.
    #[inline]
    pub fn take_rest(&mut self) -> &'a [u8] {
        let rest = &self.bytes[self.position..];
        self.position = self.bytes.len();
        rest
    }

    /// Takes the next `N` bytes as an array.
    ///
    /// # Errors
    /// [`Error::Truncated`] when fewer are left.
    #[inline]
    pub fn take_array<const N: usize>(&mut self) -> Result<[u8; N]> {
        match self.bytes[self.position..].first_chunk::<N>() {
            Some(taken) => {
                self.position += N;
                Ok(*taken)
            }
            None => Err(self.truncated(N)),
        }
    }

    /// Reads a byte.
    ///
    /// # Errors
    /// [`Error::Truncated`] at the end.
    #[inline]
    pub fn read_u8(&mut self) -> Result<u8> {
        self.take_array::<1>().map(|[byte]| byte)
    }

    /// Reads a `u32`.
    ///
    /// # Errors
    /// [`Error::Truncated`] when fewer than 4 bytes are left.
    #[inline]
    pub fn read_u32(&mut self) -> Result<u32> {
        self.take_array().map(u32::from_le_bytes)
    }

    /// Reads a `u64`.
    ///
    /// # Errors
    /// [`Error::Truncated`] when fewer than 8 bytes are left.
    #[inline]
    pub fn read_u64(&mut self) -> Result<u64> {
        self.take_array().map(u64::from_le_bytes)
    }

    #[cold]
    fn truncated(&self, count: usize) -> Error {
        Error::Truncated { offset: self.position, missing: count - self.remaining() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_in_order_and_little_endian() {
        let mut cursor = Cursor::new(&[1, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 9, 9]);
        assert_eq!(cursor.read_u8(), Ok(1));
        assert_eq!(cursor.read_u32(), Ok(2));
        assert_eq!(cursor.read_u64(), Ok(3));
        assert_eq!(cursor.take_rest(), [9, 9]);
        assert!(cursor.is_empty());
    }

    #[test]
    fn a_failed_read_moves_nothing() {
        let mut cursor = Cursor::new(&[1, 2, 3]);
        assert_eq!(cursor.read_u32(), Err(Error::Truncated { offset: 0, missing: 1 }));
        assert_eq!(
            cursor.take(usize::MAX),
            Err(Error::Truncated { offset: 0, missing: usize::MAX - 3 })
        );
        assert_eq!(cursor.take(3), Ok(&[1u8, 2, 3][..]));
        assert_eq!(cursor.read_u8(), Err(Error::Truncated { offset: 3, missing: 1 }));
    }
}
