//! Values that records of all streams are made of.

use crate::wire::Bytes;

pub(super) fn string(id: u64, text: &str) -> Bytes {
    Bytes::new().u64(id).raw(text.as_bytes())
}

pub(super) fn static_string_ref(id: u64) -> Bytes {
    Bytes::new().u64(id).u32(99).u8(2).padding(3)
}

pub(super) fn property_set(id: u64, pairs: &[(u64, u64)]) -> Bytes {
    pairs.iter().fold(Bytes::new().u64(id).u32(pairs.len() as u32), |bytes, (name, value)| {
        bytes.raw(&static_string_ref(*name).0).raw(&static_string_ref(*value).0)
    })
}
