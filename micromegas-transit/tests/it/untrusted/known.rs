//! Streams of the goldens: layouts that stay whole while the records are made up.

use std::sync::OnceLock;

use micromegas_transit::{Block, Limits, Payload, StreamInfo, StreamPlan, TypeLayout};

/// A golden's stream and block documents.
pub(crate) struct Documents {
    pub(crate) name: &'static str,
    stream: &'static [u8],
    block: &'static [u8],
}

macro_rules! golden {
    ($name:literal) => {
        Documents {
            name: $name,
            stream: include_bytes!(concat!("../../goldens/", $name, ".stream")),
            block: include_bytes!(concat!("../../goldens/", $name, ".block")),
        }
    };
}

/// The first byte of an input is an index into this list, so it only ever grows at the end.
pub(crate) const KNOWN: [Documents; 16] = [
    golden!("own-log"),
    golden!("own-metrics"),
    golden!("own-thread"),
    golden!("unreal-log"),
    golden!("unreal-metrics"),
    golden!("unreal-thread"),
    golden!("unreal-net"),
    golden!("unreal-image"),
    golden!("rust-2024-10-log"),
    golden!("rust-0.11-thread"),
    golden!("rust-0.20-log"),
    golden!("rust-0.20-thread"),
    golden!("rust-0.33-log"),
    golden!("rust-0.33-metrics"),
    golden!("rust-0.33-thread"),
    golden!("rust-0.33-image"),
];

/// A stream, ready to decode blocks.
pub(crate) struct Known {
    pub(crate) plan: StreamPlan,
    /// The types of its events.
    pub(crate) objects: Vec<TypeLayout>,
    /// The golden's own payload.
    pub(crate) payload: Payload,
}

impl Known {
    /// The stream that the first byte selects, and the bytes behind it.
    pub(crate) fn select(data: &[u8]) -> Option<(&'static Self, &[u8])> {
        static CACHE: OnceLock<Vec<Known>> = OnceLock::new();
        let all = CACHE.get_or_init(|| KNOWN.iter().map(Self::read).collect());
        let (index, rest) = data.split_first()?;
        Some((all.get(usize::from(*index))?, rest))
    }

    fn read(golden: &Documents) -> Self {
        let stream = StreamInfo::from_cbor(golden.stream.into()).expect(golden.name);
        let block = Block::from_cbor(golden.block.into()).expect("a golden block");
        Self {
            plan: StreamPlan::compile(&stream.layout, &limits()).expect("a golden layout"),
            objects: stream.layout.objects,
            payload: block.payload.open().expect("a golden payload"),
        }
    }
}

/// Limits that small inputs can reach.
pub(crate) fn limits() -> Limits {
    Limits {
        decompressed_bytes: 1 << 20,
        record_count: 1 << 14,
        string_bytes: 1 << 14,
        text_bytes: 1 << 18,
        property_count: 1 << 10,
        ..Limits::default()
    }
}
