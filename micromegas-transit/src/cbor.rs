//! Lenient reading and canonical writing of the CBOR that documents are made of.
//!
//! Readers accept definite and indefinite containers, chunked text, tags before values, integers
//! of any width. Writers emit definite containers and shortest integers.

use std::borrow::Cow;
use std::convert::Infallible;

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};

use crate::{Error, Result};

/// Containers nested deeper than this in a value that is only skipped are refused.
const MAX_SKIP_DEPTH: usize = 64;

/// Reads one document; errors carry the document's name and the offset.
#[derive(Debug)]
pub(crate) struct Reader<'b> {
    decoder: Decoder<'b>,
    document: &'static str,
}

impl<'b> Reader<'b> {
    pub(crate) fn new(document: &'static str, bytes: &'b [u8]) -> Self {
        Self { decoder: Decoder::new(bytes), document }
    }

    pub(crate) fn position(&self) -> usize {
        self.decoder.position()
    }

    pub(crate) fn malformed(&self, reason: impl Into<String>) -> Error {
        Error::MalformedDocument {
            document: self.document,
            offset: self.decoder.position(),
            reason: reason.into(),
        }
    }

    fn lift<T>(&self, result: std::result::Result<T, minicbor::decode::Error>) -> Result<T> {
        result.map_err(|error| self.malformed(error.to_string()))
    }

    /// The type of the next value; tags before it are dropped.
    fn peek(&mut self) -> Result<Type> {
        loop {
            let next = self.decoder.datatype();
            match self.lift(next)? {
                Type::Tag => {
                    let tag = self.decoder.tag();
                    self.lift(tag)?;
                }
                other => return Ok(other),
            }
        }
    }

    /// Demands that the document ends here.
    pub(crate) fn finish(self) -> Result<()> {
        if self.position() == self.decoder.input().len() {
            Ok(())
        } else {
            Err(self.malformed("bytes follow the document"))
        }
    }

    pub(crate) fn text(&mut self) -> Result<Cow<'b, str>> {
        match self.peek()? {
            Type::String => {
                let text = self.decoder.str();
                self.lift(text).map(Cow::Borrowed)
            }
            Type::StringIndef => {
                let whole = self.decoder.str_iter().and_then(Iterator::collect);
                self.lift(whole).map(Cow::Owned)
            }
            other => Err(self.malformed(format!("expected text, found {other}"))),
        }
    }

    pub(crate) fn string(&mut self) -> Result<String> {
        self.text().map(Cow::into_owned)
    }

    /// Text, or `None` for null.
    pub(crate) fn optional_text(&mut self) -> Result<Option<Cow<'b, str>>> {
        match self.peek()? {
            Type::Null | Type::Undefined => {
                self.skip_byte();
                Ok(None)
            }
            _ => self.text().map(Some),
        }
    }

    pub(crate) fn boolean(&mut self) -> Result<bool> {
        self.peek()?;
        let value = self.decoder.bool();
        self.lift(value)
    }

    /// An integer of any width and sign that fits `T`.
    pub(crate) fn integer<T: TryFrom<i128>>(&mut self) -> Result<T> {
        self.peek()?;
        let start = self.position();
        let value = self.decoder.int();
        let value = i128::from(self.lift(value)?);
        T::try_from(value).map_err(|_| Error::MalformedDocument {
            document: self.document,
            offset: start,
            reason: format!("integer {value} is out of range"),
        })
    }

    /// A byte string (whole or in chunks) or an array of small integers.
    pub(crate) fn bytes(&mut self) -> Result<Cow<'b, [u8]>> {
        if self.peek()? == Type::Bytes {
            let bytes = self.decoder.bytes();
            return self.lift(bytes).map(Cow::Borrowed);
        }
        let mut whole = Vec::new();
        self.scan_bytes(|chunk| whole.extend_from_slice(chunk))?;
        Ok(Cow::Owned(whole))
    }

    /// Walks over what [`bytes`](Self::bytes) reads, without keeping it.
    pub(crate) fn scan_bytes(&mut self, mut on_chunk: impl FnMut(&[u8])) -> Result<()> {
        match self.peek()? {
            Type::Bytes | Type::BytesIndef => {
                let scanned = self
                    .decoder
                    .bytes_iter()
                    .and_then(|mut chunks| chunks.try_for_each(|chunk| chunk.map(&mut on_chunk)));
                self.lift(scanned)
            }
            Type::Array | Type::ArrayIndef => self.array(|reader| {
                let byte = reader.decoder.u8();
                on_chunk(&[reader.lift(byte)?]);
                Ok(())
            }),
            other => {
                Err(self.malformed(format!("expected bytes or an array of bytes, found {other}")))
            }
        }
    }

    /// Calls `item` for each element; it must read exactly one value.
    pub(crate) fn array(&mut self, mut item: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        self.peek()?;
        let header = self.decoder.array();
        let count = self.lift(header)?;
        self.elements(count, |reader| item(reader))
    }

    /// Calls `entry` for each key; it must read (or skip) exactly the value.
    /// Entries whose key is not text are skipped.
    pub(crate) fn map(
        &mut self,
        mut entry: impl FnMut(&mut Self, &str) -> Result<()>,
    ) -> Result<()> {
        if !matches!(self.peek()?, Type::Map | Type::MapIndef) {
            let found = self.peek()?;
            return Err(self.malformed(format!("expected a map, found {found}")));
        }
        let header = self.decoder.map();
        let count = self.lift(header)?;
        self.elements(count, |reader| match reader.peek()? {
            Type::String | Type::StringIndef => {
                let key = reader.text()?;
                entry(reader, &key)
            }
            _ => {
                reader.skip()?;
                reader.skip()
            }
        })
    }

    fn elements(
        &mut self,
        count: Option<u64>,
        mut element: impl FnMut(&mut Self) -> Result<()>,
    ) -> Result<()> {
        match count {
            Some(count) => {
                for _ in 0..count {
                    element(self)?;
                }
            }
            None => {
                while self.peek()? != Type::Break {
                    element(self)?;
                }
                self.skip_byte();
            }
        }
        Ok(())
    }

    /// Passes over one value of any shape.
    pub(crate) fn skip(&mut self) -> Result<()> {
        // What is left of each open container: a number of values, or everything up to a break.
        let mut open: Vec<Option<u64>> = vec![Some(1)];
        while let Some(left) = open.last_mut() {
            match left {
                Some(0) => {
                    open.pop();
                    continue;
                }
                Some(left) => *left -= 1,
                None => {
                    if self.peek()? == Type::Break {
                        self.skip_byte();
                        open.pop();
                        continue;
                    }
                }
            }
            let nested = match self.peek()? {
                Type::Array | Type::ArrayIndef => {
                    let header = self.decoder.array();
                    self.lift(header)?
                }
                Type::Map | Type::MapIndef => {
                    let header = self.decoder.map();
                    self.lift(header)?.map(|pairs| pairs.saturating_mul(2))
                }
                Type::Bytes | Type::BytesIndef => {
                    self.scan_bytes(|_| ())?;
                    continue;
                }
                Type::String | Type::StringIndef => {
                    self.text()?;
                    continue;
                }
                Type::Break | Type::Unknown(_) => {
                    return Err(self.malformed("expected a value"));
                }
                // Everything else has no content beyond its header.
                _ => {
                    let scalar = self.decoder.skip();
                    self.lift(scalar)?;
                    continue;
                }
            };
            if open.len() >= MAX_SKIP_DEPTH {
                return Err(self.malformed("containers are nested too deeply"));
            }
            open.push(nested);
        }
        Ok(())
    }

    /// Passes over a value that is a single byte (null, undefined, break).
    fn skip_byte(&mut self) {
        self.decoder.set_position(self.decoder.position() + 1);
    }
}

/// Writes one document into memory.
#[derive(Debug)]
pub(crate) struct Writer {
    encoder: Encoder<Vec<u8>>,
}

/// Writing to a vector cannot fail.
fn infallible<T>(result: std::result::Result<T, minicbor::encode::Error<Infallible>>) {
    debug_assert!(result.is_ok(), "writing to memory cannot fail");
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self { encoder: Encoder::new(Vec::new()) }
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.encoder.into_writer()
    }

    pub(crate) fn map(&mut self, entry_count: usize) {
        infallible(self.encoder.map(entry_count as u64));
    }

    pub(crate) fn array(&mut self, element_count: usize) {
        infallible(self.encoder.array(element_count as u64));
    }

    pub(crate) fn text(&mut self, text: &str) {
        infallible(self.encoder.str(text));
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        infallible(self.encoder.bytes(bytes));
    }

    pub(crate) fn signed(&mut self, value: i64) {
        infallible(self.encoder.i64(value));
    }

    pub(crate) fn unsigned(&mut self, value: u64) {
        infallible(self.encoder.u64(value));
    }

    pub(crate) fn boolean(&mut self, value: bool) {
        infallible(self.encoder.bool(value));
    }

    pub(crate) fn null(&mut self) {
        infallible(self.encoder.null());
    }

    /// Appends bytes that are one encoded value already.
    pub(crate) fn encoded(&mut self, value: &[u8]) {
        self.encoder.writer_mut().extend_from_slice(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skipped(bytes: &[u8]) -> Result<usize> {
        let mut reader = Reader::new("test", bytes);
        reader.skip()?;
        Ok(reader.position())
    }

    #[test]
    fn a_value_of_any_shape_is_skipped_exactly() {
        let values: &[&[u8]] = &[
            &[0x00],
            &[0x39, 0x01, 0x00],
            &[0xf6],
            &[0xf9, 0x3c, 0x00],
            &[0xfb, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0xc0, 0x61, b'x'],
            &[0x5f, 0x41, 1, 0x42, 2, 3, 0xff],
            &[0x7f, 0x61, b'a', 0x60, 0xff],
            &[0x9f, 0x82, 0x01, 0x9f, 0xff, 0x03, 0xff],
            &[0x82, 0x9f, 0x82, 0x01, 0x02, 0xff, 0xbf, 0x61, b'k', 0x80, 0xff],
            &[0xa1, 0x61, b'k', 0x9f, 0x9f, 0x9f, 0xff, 0xff, 0xff],
        ];
        for value in values {
            let mut followed = value.to_vec();
            followed.push(0x01);
            assert_eq!(skipped(&followed), Ok(value.len()), "{value:02x?}");
            for cut in 0..value.len() {
                assert!(skipped(&value[..cut]).is_err(), "{value:02x?} cut at {cut}");
            }
        }
    }

    #[test]
    fn deep_nesting_and_huge_counts_are_refused() {
        assert!(skipped(&[0x9f; 1000]).is_err());
        assert!(skipped(&[0x81; 1000]).is_err());
        assert!(skipped(&[0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).is_err());
        assert!(skipped(&[0x82, 0xff]).is_err());
    }

    #[test]
    fn chunked_text_is_joined() {
        let mut reader = Reader::new("test", &[0x7f, 0x61, b'a', 0x62, b'b', b'c', 0xff]);
        assert_eq!(reader.string().as_deref(), Ok("abc"));
        assert!(reader.finish().is_ok());
    }

    #[test]
    fn integers_of_any_width_fit_or_fail() {
        let read = |bytes: &[u8]| Reader::new("test", bytes).integer::<i32>();
        assert_eq!(read(&[0x1b, 0, 0, 0, 0, 0, 0, 0, 7]), Ok(7));
        assert_eq!(read(&[0x20]), Ok(-1));
        assert!(read(&[0x1b, 0, 0, 0, 1, 0, 0, 0, 0]).is_err());
        assert!(read(&[0x61, b'1']).is_err());
    }
}
