//! The records of a block as they go over the network.

use crate::http::queue::Packed;
use bytes::Bytes;
use micromegas_tracing::keep;
use micromegas_transit::planar::{self, AcceptedCodecs, Codec};
use micromegas_transit::{Block, Limits, Payload, RawPayload, Result, compress_frame};

/// How a payload is encoded, as a spool notes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Encoded(pub(super) Option<Codec>);

impl Encoded {
    pub(super) fn from_number(number: u8) -> Self {
        Self(match number {
            1 => Some(Codec::Lz4),
            2 => Some(Codec::Zstd),
            _ => None,
        })
    }

    pub(super) fn number(self) -> u8 {
        match self.0 {
            None => 0,
            Some(Codec::Lz4) => 1,
            Some(Codec::Zstd) => 2,
        }
    }
}

/// Packs records for a server that reads nothing but plain blocks.
pub(super) fn plain_payload(dependencies: &[u8], objects: &[u8]) -> RawPayload {
    let payload = Payload {
        dependencies: Bytes::from(compress_frame(dependencies)),
        objects: Bytes::from(compress_frame(objects)),
    };
    payload.to_raw()
}

/// The same in memory that the system has back as soon as it is sent.
pub(super) fn kept(payload: RawPayload) -> RawPayload {
    RawPayload::from_bytes(keep(payload.as_bytes())).unwrap_or(payload)
}

impl Packed {
    /// Whether a server that accepts these reads it.
    pub(super) fn suits(&self, accepted: AcceptedCodecs) -> bool {
        self.codec.is_none_or(|codec| accepted.contains(codec))
    }

    /// The same block as every server reads it.
    pub(super) fn to_plain(&self) -> Result<Self> {
        let Payload { dependencies, objects } = self.block.payload.open()?;
        // What was encoded here is as large as it was before.
        let limits = Limits { expansion_ratio: u32::MAX, ..Limits::default() };
        let records = planar::decode(&objects, &limits)?;
        let objects = Bytes::from(compress_frame(&records));
        let payload = Payload { dependencies, objects }.to_raw();
        Ok(Self { block: Block { payload, ..self.block.clone() }, codec: None })
    }
}
