//! The records of a block as they go over the network.

use bytes::Bytes;
use micromegas_transit::planar::{self, AcceptedCodecs, Codec};
use micromegas_transit::{Limits, Payload, RawPayload, Result, compress_frame};

/// A payload, and which servers read it.
#[derive(Debug)]
pub(super) struct Packed {
    pub(super) payload: RawPayload,
    /// The codec of a planar one; none is what every server reads.
    pub(super) codec: Option<Codec>,
}

impl Packed {
    /// Packs records for a server that reads nothing but plain blocks.
    pub(super) fn plain(dependencies: &[u8], objects: &[u8]) -> Self {
        let payload = Payload {
            dependencies: Bytes::from(compress_frame(dependencies)),
            objects: Bytes::from(compress_frame(objects)),
        };
        Self { payload: payload.to_raw(), codec: None }
    }

    /// Whether a server that accepts these reads it.
    pub(super) fn suits(&self, accepted: AcceptedCodecs) -> bool {
        self.codec.is_none_or(|codec| accepted.contains(codec))
    }

    /// The same block as every server reads it.
    pub(super) fn to_plain(&self) -> Result<Self> {
        let Payload { dependencies, objects } = self.payload.open()?;
        // What was encoded here is as large as it was before.
        let limits = Limits { expansion_ratio: u32::MAX, ..Limits::default() };
        let records = planar::decode(&objects, &limits)?;
        let objects = Bytes::from(compress_frame(&records));
        Ok(Self { payload: Payload { dependencies, objects }.to_raw(), codec: None })
    }
}
