//! The CBOR documents.

use bytes::Bytes;
use micromegas_transit::{
    Block, Payload, ProcessInfo, RawPayload, StreamInfo, StreamLayout, layouts_from_cbor,
    layouts_to_cbor,
};

pub(super) fn check(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    // What was read once is written such that it is read again as the same.
    if let Ok(process) = ProcessInfo::from_cbor(bytes.clone()) {
        assert_eq!(ProcessInfo::from_cbor(process.to_cbor().into()), Ok(process));
    }
    if let Ok(stream) = StreamInfo::from_cbor(bytes.clone()) {
        assert_eq!(StreamInfo::from_cbor(stream.to_cbor().into()), Ok(stream));
    }
    if let Ok(block) = Block::from_cbor(bytes.clone()) {
        assert_eq!(Block::from_cbor(block.to_cbor().into()).as_ref(), Ok(&block));
        block.payload.open().expect("a payload whose shape was checked");
    }
    let raw = RawPayload::from_bytes(bytes.clone());
    let payload = Payload::from_cbor(bytes);
    assert_eq!(raw.is_ok(), payload.is_ok());
    if let Ok(payload) = payload {
        assert_eq!(payload.to_raw().open(), Ok(payload));
    }
    if let Ok(layout) = StreamLayout::from_cbor(data) {
        assert_eq!(StreamLayout::from_cbor(&layout.to_cbor()), Ok(layout));
    }
    if let Ok(table) = layouts_from_cbor(data) {
        assert_eq!(layouts_from_cbor(&layouts_to_cbor(&table)), Ok(table));
    }
}
