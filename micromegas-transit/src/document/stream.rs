//! The document that describes a stream.

use std::collections::BTreeMap;

use bytes::Bytes;
use uuid::Uuid;

use super::fields;
use crate::cbor::{Reader, Writer};
use crate::layout::{DEPENDENCIES, OBJECTS, read_table};
use crate::{Result, StreamLayout};

const DOCUMENT: &str = "stream";

/// What is known about a stream; sent once, before its blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamInfo {
    /// The process that the stream belongs to.
    pub process_id: Uuid,
    /// Identity of the stream.
    pub stream_id: Uuid,
    /// How the records of its blocks lie in memory.
    pub layout: StreamLayout,
    /// What the stream holds: `log`, `metrics`, `cpu`, or a tag of one's own.
    pub tags: Vec<String>,
    /// Further facts, by name; a thread's stream has `thread-name` and `thread-id`.
    pub properties: BTreeMap<String, String>,
}

impl StreamInfo {
    /// Encodes the document.
    pub fn to_cbor(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.map(6);
        fields::write_id(&mut writer, "process_id", &self.process_id);
        fields::write_id(&mut writer, "stream_id", &self.stream_id);
        self.layout.write_entries(&mut writer);
        writer.text("tags");
        writer.array(self.tags.len());
        for tag in &self.tags {
            writer.text(tag);
        }
        fields::write_properties(&mut writer, &self.properties);
        writer.into_bytes()
    }

    /// Reads a document. The layout is read, not judged: that is what
    /// [`StreamPlan::compile`](crate::StreamPlan::compile) does.
    ///
    /// # Errors
    /// [`Error`](crate::Error) with the key or offset when the document is malformed or incomplete.
    pub fn from_cbor(bytes: Bytes) -> Result<Self> {
        let mut reader = Reader::new(DOCUMENT, &bytes);
        let (mut process_id, mut stream_id, mut tags, mut properties) = (None, None, None, None);
        let (mut dependencies, mut objects) = (None, None);
        reader.map(|reader, key| {
            match key {
                "process_id" => {
                    process_id = Some(fields::read_id(reader, DOCUMENT, "process_id")?);
                }
                "stream_id" => {
                    stream_id = Some(fields::read_id(reader, DOCUMENT, "stream_id")?);
                }
                DEPENDENCIES => dependencies = Some(read_table(reader)?),
                OBJECTS => objects = Some(read_table(reader)?),
                "tags" => tags = Some(fields::read_tags(reader)?),
                "properties" => properties = Some(fields::read_properties(reader)?),
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        reader.finish()?;
        Ok(Self {
            process_id: fields::required(DOCUMENT, "process_id", process_id)?,
            stream_id: fields::required(DOCUMENT, "stream_id", stream_id)?,
            layout: StreamLayout {
                dependencies: fields::required(DOCUMENT, DEPENDENCIES, dependencies)?,
                objects: fields::required(DOCUMENT, OBJECTS, objects)?,
            },
            tags: fields::required(DOCUMENT, "tags", tags)?,
            properties: fields::required(DOCUMENT, "properties", properties)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types;

    #[test]
    fn a_stream_round_trips_and_a_cut_is_an_error() {
        let stream = StreamInfo {
            process_id: Uuid::from_u128(1),
            stream_id: Uuid::from_u128(2),
            layout: types::thread_stream_layout(),
            tags: vec!["cpu".into()],
            properties: BTreeMap::from([("thread-id".into(), "7".into())]),
        };
        let bytes = stream.to_cbor();
        assert_eq!(StreamInfo::from_cbor(bytes.clone().into()), Ok(stream));
        for cut in 0..bytes.len() {
            assert!(StreamInfo::from_cbor(bytes[..cut].to_vec().into()).is_err());
        }
    }
}
