//! The thread that encodes and compresses.

use crate::http::packed::Packed;
use crate::http::queue::{Queue, RawRecords};
use bytes::Bytes;
use micromegas_transit::planar::{Codec, Encoder};
use micromegas_transit::{Payload, TypeLayout, compress_frame};

/// Encoders are kept for this many layouts. A process has three, and those of its own events.
const ENCODERS_MAX: usize = 16;

/// Packs what the queue has until it ends.
pub(super) fn run(queue: &Queue) {
    let mut packer = Packer::default();
    while let Some(raw) = queue.next_raw() {
        let packed = packer.pack(&raw);
        queue.put_packed(raw.block_id, packed);
    }
}

/// Encodes blocks, layout by layout.
#[derive(Debug, Default)]
struct Packer {
    encoders: Vec<(Vec<TypeLayout>, Codec, Encoder)>,
}

impl Packer {
    fn pack(&mut self, raw: &RawRecords) -> Packed {
        let encoder = raw.codec.and_then(|codec| self.encoder(&raw.stream.layout.objects, codec));
        let Some((codec, encoder)) = encoder else {
            return Packed::plain(&raw.dependencies, &raw.objects);
        };
        let payload = Payload {
            dependencies: Bytes::from(compress_frame(&raw.dependencies)),
            objects: Bytes::from(encoder.encode(&raw.objects, raw.carried_spans.as_deref())),
        };
        Packed { payload: payload.to_raw(), codec: Some(codec) }
    }

    fn encoder(&mut self, layout: &[TypeLayout], codec: Codec) -> Option<(Codec, &mut Encoder)> {
        let is_it = |(own, by, _): &(Vec<TypeLayout>, Codec, _)| own == layout && *by == codec;
        let place = match self.encoders.iter().position(is_it) {
            Some(place) => place,
            None => {
                let encoder = Encoder::new(layout, codec).ok()?;
                if self.encoders.len() == ENCODERS_MAX {
                    self.encoders.remove(0);
                }
                self.encoders.push((layout.to_vec(), codec, encoder));
                self.encoders.len() - 1
            }
        };
        Some((codec, &mut self.encoders[place].2))
    }
}
