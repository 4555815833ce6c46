//! The part of a block that holds its events.

use std::borrow::Cow;

use bytes::Bytes;

use super::fields;
use crate::Result;
use crate::cbor::{Reader, Writer};

const DOCUMENT: &str = "payload";

/// Both record buffers of a block, each compressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// Records that events refer to: strings, descriptors, property sets.
    pub dependencies: Bytes,
    /// The events.
    pub objects: Bytes,
}

impl Payload {
    /// Encodes the payload map with byte strings.
    pub fn to_cbor(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.map(2);
        writer.text("dependencies");
        writer.bytes(&self.dependencies);
        writer.text("objects");
        writer.bytes(&self.objects);
        writer.into_bytes()
    }

    /// Reads a payload map. Whole byte strings are shared with `bytes`, not copied; chunked byte
    /// strings and arrays of integers are gathered.
    ///
    /// # Errors
    /// [`Error`](crate::Error) when the map is malformed or incomplete.
    pub fn from_cbor(bytes: Bytes) -> Result<Self> {
        let mut reader = Reader::new(DOCUMENT, &bytes);
        let (mut dependencies, mut objects) = (None, None);
        let share = |field: Cow<'_, [u8]>| match field {
            Cow::Borrowed(slice) => bytes.slice_ref(slice),
            Cow::Owned(gathered) => gathered.into(),
        };
        reader.map(|reader, key| {
            match key {
                "dependencies" => dependencies = Some(share(reader.bytes()?)),
                "objects" => objects = Some(share(reader.bytes()?)),
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        reader.finish()?;
        Ok(Self {
            dependencies: fields::required(DOCUMENT, "dependencies", dependencies)?,
            objects: fields::required(DOCUMENT, "objects", objects)?,
        })
    }

    /// Encodes the payload for a [`Block`](super::Block).
    pub fn to_raw(&self) -> RawPayload {
        RawPayload(self.to_cbor().into())
    }
}

/// The encoded bytes of a payload map, exactly as a client sent them: what a lake stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawPayload(Bytes);

impl RawPayload {
    /// Takes the bytes of one payload map after checking its shape.
    ///
    /// # Errors
    /// [`Error`](crate::Error) when the map is malformed or incomplete.
    pub fn from_bytes(bytes: Bytes) -> Result<Self> {
        let mut reader = Reader::new(DOCUMENT, &bytes);
        Self::check(&mut reader)?;
        reader.finish()?;
        Ok(Self(bytes))
    }

    /// Walks over a payload map without keeping any of it.
    pub(super) fn check(reader: &mut Reader<'_>) -> Result<()> {
        let (mut dependencies, mut objects) = (None, None);
        reader.map(|reader, key| match key {
            "dependencies" => {
                dependencies = Some(());
                reader.scan_bytes(|_| ())
            }
            "objects" => {
                objects = Some(());
                reader.scan_bytes(|_| ())
            }
            _ => reader.skip(),
        })?;
        fields::required(DOCUMENT, "dependencies", dependencies)?;
        fields::required(DOCUMENT, "objects", objects)
    }

    /// Wraps bytes whose shape [`check`](Self::check) has accepted.
    pub(super) fn from_checked(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// The encoded map.
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// The encoded map, by value.
    pub fn into_bytes(self) -> Bytes {
        self.0
    }

    /// Reads the map.
    ///
    /// # Errors
    /// None for a value of this crate's making: the shape was checked.
    pub fn open(&self) -> Result<Payload> {
        Payload::from_cbor(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload() -> Payload {
        Payload { dependencies: Bytes::from_static(b"deps"), objects: Bytes::from(vec![200; 1000]) }
    }

    #[test]
    fn a_payload_round_trips_without_a_copy() {
        let bytes = Bytes::from(payload().to_cbor());
        let read = Payload::from_cbor(bytes.clone()).unwrap();
        assert_eq!(read, payload());
        assert!(bytes.as_ptr_range().contains(&read.objects.as_ptr()));
        for cut in 0..bytes.len() {
            assert!(Payload::from_cbor(bytes.slice(..cut)).is_err());
            assert!(RawPayload::from_bytes(bytes.slice(..cut)).is_err());
        }
    }

    #[test]
    fn arrays_of_integers_and_chunks_are_gathered() {
        let mut ints = Writer::new();
        ints.map(2);
        ints.text("objects");
        ints.array(1000);
        (0..1000).for_each(|_| ints.unsigned(200));
        ints.text("dependencies");
        ints.encoded(&[0x9f, 0x18, b'd', 0x18, b'e', 0x18, b'p', 0x18, b's', 0xff]);
        let ints = Bytes::from(ints.into_bytes());
        assert_eq!(Payload::from_cbor(ints.clone()), Ok(payload()));
        assert_eq!(RawPayload::from_bytes(ints).unwrap().open(), Ok(payload()));

        let mut chunks = Writer::new();
        chunks.encoded(&[0xbf]);
        chunks.text("dependencies");
        chunks.encoded(&[0x5f, 0x42, b'd', b'e', 0x42, b'p', b's', 0xff]);
        chunks.text("objects");
        chunks.bytes(&[200; 1000]);
        chunks.encoded(&[0xff]);
        assert_eq!(Payload::from_cbor(chunks.into_bytes().into()), Ok(payload()));
    }

    #[test]
    fn integers_above_a_byte_and_hostile_lengths_are_refused() {
        for objects in
            [&[0x81, 0x19, 0x01, 0x00][..], &[0x9b, 255, 255, 255, 255, 255, 255, 255, 255]]
        {
            let mut writer = Writer::new();
            writer.map(2);
            writer.text("dependencies");
            writer.bytes(&[]);
            writer.text("objects");
            writer.encoded(objects);
            let bytes = Bytes::from(writer.into_bytes());
            assert!(Payload::from_cbor(bytes.clone()).is_err());
            assert!(RawPayload::from_bytes(bytes).is_err());
        }
    }
}
