//! The document that carries a run of events.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::fields;
use super::payload::RawPayload;
use crate::cbor::{Reader, Writer};
use crate::{Error, Result};

const DOCUMENT: &str = "block";

/// Least and greatest tick count of a block's events, both absolute and both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TickRange {
    /// The least.
    pub least: i64,
    /// The greatest.
    pub greatest: i64,
}

/// A run of events of one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Identity of the block.
    pub block_id: Uuid,
    /// The stream that the block belongs to.
    pub stream_id: Uuid,
    /// The process that the stream belongs to.
    pub process_id: Uuid,
    /// When the block was begun; events may lie slightly outside.
    pub begin_time: DateTime<Utc>,
    /// The same in ticks since the process's start ticks.
    pub begin_ticks: i64,
    /// When the block was closed.
    pub end_time: DateTime<Utc>,
    /// The same in ticks since the process's start ticks.
    pub end_ticks: i64,
    /// The events, still encoded and compressed.
    pub payload: RawPayload,
    /// Number of events in the stream before this block.
    pub object_offset: i64,
    /// Number of events in this block (wire key `nb_objects`).
    pub event_count: i32,
    /// Exact bounds of the events' ticks, if the sender vouches for them (wire keys
    /// `least_event_ticks` and `greatest_event_ticks`).
    pub event_ticks: Option<TickRange>,
    /// Number of events dropped or sampled out since the stream's previous block.
    pub skipped_events: u64,
}

impl Block {
    /// Encodes the document. Keys that published clients do not send are left out when they say
    /// nothing.
    pub fn to_cbor(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        let extra =
            2 * usize::from(self.event_ticks.is_some()) + usize::from(self.skipped_events > 0);
        writer.map(10 + extra);
        fields::write_id(&mut writer, "block_id", &self.block_id);
        fields::write_id(&mut writer, "stream_id", &self.stream_id);
        fields::write_id(&mut writer, "process_id", &self.process_id);
        fields::write_time(&mut writer, "begin_time", &self.begin_time);
        fields::write_signed(&mut writer, "begin_ticks", self.begin_ticks);
        fields::write_time(&mut writer, "end_time", &self.end_time);
        fields::write_signed(&mut writer, "end_ticks", self.end_ticks);
        writer.text("payload");
        writer.encoded(self.payload.as_bytes());
        fields::write_signed(&mut writer, "object_offset", self.object_offset);
        fields::write_signed(&mut writer, "nb_objects", self.event_count.into());
        if let Some(ticks) = self.event_ticks {
            fields::write_signed(&mut writer, "least_event_ticks", ticks.least);
            fields::write_signed(&mut writer, "greatest_event_ticks", ticks.greatest);
        }
        if self.skipped_events > 0 {
            writer.text("skipped_events");
            writer.unsigned(self.skipped_events);
        }
        writer.into_bytes()
    }

    /// Reads a document. The payload map's own bytes are kept as they are, shared with `bytes`.
    /// Event tick bounds that contradict each other are not believed.
    ///
    /// # Errors
    /// [`Error`] with the key or offset when the document is malformed or incomplete, or when a
    /// count is negative.
    pub fn from_cbor(bytes: Bytes) -> Result<Self> {
        let mut reader = Reader::new(DOCUMENT, &bytes);
        let (mut block_id, mut stream_id, mut process_id) = (None, None, None);
        let (mut begin_time, mut begin_ticks, mut end_time, mut end_ticks) =
            (None, None, None, None);
        let (mut payload, mut object_offset, mut event_count) = (None, None, None);
        let (mut least, mut greatest, mut skipped_events) = (None, None, 0);
        reader.map(|reader, key| {
            match key {
                "block_id" => block_id = Some(fields::read_id(reader, DOCUMENT, "block_id")?),
                "stream_id" => stream_id = Some(fields::read_id(reader, DOCUMENT, "stream_id")?),
                "process_id" => {
                    process_id = Some(fields::read_id(reader, DOCUMENT, "process_id")?);
                }
                "begin_time" => {
                    begin_time = Some(fields::read_time(reader, DOCUMENT, "begin_time")?);
                }
                "begin_ticks" => begin_ticks = Some(reader.integer()?),
                "end_time" => end_time = Some(fields::read_time(reader, DOCUMENT, "end_time")?),
                "end_ticks" => end_ticks = Some(reader.integer()?),
                "payload" => {
                    let start = reader.position();
                    RawPayload::check(reader)?;
                    payload = Some(bytes.slice(start..reader.position()));
                }
                "object_offset" => object_offset = Some(reader.integer()?),
                "nb_objects" => event_count = Some(reader.integer()?),
                "least_event_ticks" => least = Some(reader.integer()?),
                "greatest_event_ticks" => greatest = Some(reader.integer()?),
                "skipped_events" => skipped_events = reader.integer()?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        reader.finish()?;
        let payload = fields::required(DOCUMENT, "payload", payload)?;
        let event_ticks = match (least, greatest) {
            (Some(least), Some(greatest)) if least <= greatest => {
                Some(TickRange { least, greatest })
            }
            _ => None,
        };
        Ok(Self {
            block_id: fields::required(DOCUMENT, "block_id", block_id)?,
            stream_id: fields::required(DOCUMENT, "stream_id", stream_id)?,
            process_id: fields::required(DOCUMENT, "process_id", process_id)?,
            begin_time: fields::required(DOCUMENT, "begin_time", begin_time)?,
            begin_ticks: fields::required(DOCUMENT, "begin_ticks", begin_ticks)?,
            end_time: fields::required(DOCUMENT, "end_time", end_time)?,
            end_ticks: fields::required(DOCUMENT, "end_ticks", end_ticks)?,
            payload: RawPayload::from_checked(payload),
            object_offset: count("object_offset", object_offset)?,
            event_count: count("nb_objects", event_count)?,
            event_ticks,
            skipped_events,
        })
    }
}

/// A number that is required and must not be negative.
fn count<T: PartialOrd + Default>(key: &'static str, value: Option<T>) -> Result<T> {
    let value = fields::required(DOCUMENT, key, value)?;
    if value < T::default() {
        let reason = "must not be negative".to_owned();
        return Err(Error::InvalidValue { document: DOCUMENT, key, reason });
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Payload;

    fn block() -> Block {
        let payload =
            Payload { dependencies: Bytes::from_static(b"d"), objects: Bytes::from_static(b"o") };
        Block {
            block_id: Uuid::from_u128(1),
            stream_id: Uuid::from_u128(2),
            process_id: Uuid::from_u128(3),
            begin_time: DateTime::from_timestamp(1_700_000_000, 1).unwrap(),
            begin_ticks: 10,
            end_time: DateTime::from_timestamp(1_700_000_060, 2).unwrap(),
            end_ticks: 20,
            payload: payload.to_raw(),
            object_offset: 100,
            event_count: 7,
            event_ticks: Some(TickRange { least: -1, greatest: 5 }),
            skipped_events: u64::MAX,
        }
    }

    #[test]
    fn a_block_round_trips_and_a_cut_is_an_error() {
        let plain = Block { event_ticks: None, skipped_events: 0, ..block() };
        for block in [block(), plain] {
            let bytes = block.to_cbor();
            assert_eq!(Block::from_cbor(bytes.clone().into()), Ok(block));
            for cut in 0..bytes.len() {
                assert!(Block::from_cbor(bytes[..cut].to_vec().into()).is_err());
            }
        }
    }

    #[test]
    fn the_payload_bytes_stay_as_they_were_sent() {
        let odd = [
            0xbf, 0x67, b'o', b'b', b'j', b'e', b'c', b't', b's', 0x81, 0x18, 0x07, 0x6c, b'd',
            b'e', b'p', b'e', b'n', b'd', b'e', b'n', b'c', b'i', b'e', b's', 0x80, 0xff,
        ];
        let raw = RawPayload::from_bytes(Bytes::copy_from_slice(&odd)).unwrap();
        let bytes = Block { payload: raw, ..block() }.to_cbor();
        let read = Block::from_cbor(bytes.into()).unwrap();
        assert_eq!(read.payload.as_bytes()[..], odd);
        assert_eq!(read.payload.open().unwrap().objects[..], [7]);
    }

    #[test]
    fn negative_counts_are_refused_and_contradicting_bounds_ignored() {
        let negative = Block { event_count: -1, ..block() }.to_cbor();
        let error = Block::from_cbor(negative.into()).unwrap_err();
        assert!(matches!(error, Error::InvalidValue { key: "nb_objects", .. }));
        let ticks = Some(TickRange { least: 5, greatest: 4 });
        let contradicting = Block { event_ticks: ticks, ..block() }.to_cbor();
        assert_eq!(Block::from_cbor(contradicting.into()).unwrap().event_ticks, None);
    }

    #[test]
    fn a_payload_of_another_shape_is_refused() {
        let mut writer = Writer::new();
        writer.map(1);
        writer.text("payload");
        writer.bytes(b"not a map");
        assert!(matches!(
            Block::from_cbor(writer.into_bytes().into()),
            Err(Error::MalformedDocument { document: "block", .. })
        ));
    }
}
