//! The thread that compresses.

use crate::http::queue::{Queue, RawRecords};
use bytes::Bytes;
use micromegas_transit::{Payload, compress_frame};

/// Packs what the queue has until it ends.
pub(super) fn run(queue: &Queue) {
    while let Some(RawRecords { block_id, dependencies, objects }) = queue.next_raw() {
        let payload = Payload {
            dependencies: Bytes::from(compress_frame(&dependencies)),
            objects: Bytes::from(compress_frame(&objects)),
        };
        queue.put_packed(block_id, payload.to_raw());
    }
}
