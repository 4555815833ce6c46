//! The thread that encodes and compresses, and writes to the disk what cannot be sent.

use crate::control::Control;
use crate::http::packed::{Encoded, kept, plain_payload};
use crate::http::queue::{Packed, Queue, Task, ToDo};
use crate::spool::{NoPlace, Spool, ToStore};
use bytes::Bytes;
use micromegas_tracing::EventBlock;
use micromegas_transit::planar::{Codec, Encoder};
use micromegas_transit::{Block, Payload, RawPayload, StreamInfo, TypeLayout, compress_frame};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Encoders are kept for this many layouts. A process has three, and those of its own events.
const ENCODERS_MAX: usize = 16;

/// Does what the queue has for it until it ends.
pub(super) fn run(queue: &Queue, spool: Option<&Mutex<Spool>>, control: Option<&Control>) {
    let mut packer = Packer::default();
    if let Some(spool) = spool {
        let mut spool = lock(spool);
        queue.adopt(spool.adopt());
        queue.note_spool_bytes(spool.bytes());
    }
    loop {
        let wake_at = control.and_then(Control::expires_at);
        let Some(next) = queue.next_to_do(wake_at) else { return };
        match next {
            ToDo::Pack { key, stream, block, codec } => {
                queue.put_packed(key, packer.pack(&stream, *block, codec));
            }
            ToDo::Spool { task, packed } => {
                if let Some(spool) = spool {
                    store(queue, spool, &task, &packed);
                }
            }
            ToDo::Wake => {
                if let Some(control) = control {
                    control.expire();
                }
            }
        }
    }
}

pub(super) fn lock(spool: &Mutex<Spool>) -> MutexGuard<'_, Spool> {
    spool.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes a block to the disk. If that is full, less important ones make way, the oldest first; if
/// memory fills up, those as important, too.
fn store(queue: &Queue, spool: &Mutex<Spool>, task: &Task, packed: &Packed) {
    let block = with_skipped(&packed.block, task.more_skipped);
    let document = block.to_cbor();
    let encoded = Encoded(packed.codec);
    let to_store = to_store(task, &document, encoded, block.skipped_events);
    let mut spool = lock(spool);
    loop {
        match spool.store(&to_store) {
            Ok(place) => {
                if !queue.put_spooled(task, place, encoded) {
                    let _ = spool.release(&place);
                }
                break;
            }
            Err(NoPlace::Full) => match queue.drop_spooled(task.key) {
                Some(place) => {
                    if let Err(error) = spool.release(&place) {
                        queue.note_spool_failure(error.to_string());
                        break;
                    }
                }
                None => {
                    queue.note_spool_failure("the spool is full".to_owned());
                    break;
                }
            },
            Err(NoPlace::Failed(error)) => {
                queue.note_spool_failure(error.to_string());
                break;
            }
        }
    }
    queue.note_spool_bytes(spool.bytes());
}

/// The block, declaring more lost events before it.
pub(super) fn with_skipped(block: &Block, more_skipped: u64) -> Block {
    let skipped_events = block.skipped_events + more_skipped;
    Block { skipped_events, ..block.clone() }
}

/// A block's document as the spool takes it.
pub(super) fn to_store<'a>(
    task: &'a Task,
    document: &'a [u8],
    encoded: Encoded,
    skipped_events: u64,
) -> ToStore<'a> {
    ToStore {
        process: &task.process,
        stream: &task.stream,
        document,
        priority: task.key.priority().number(),
        encoding: encoded.number(),
        event_count: u32::try_from(task.event_count).unwrap_or(u32::MAX),
        skipped_events,
    }
}

/// Encodes blocks, layout by layout.
#[derive(Debug, Default)]
struct Packer {
    encoders: Vec<(Vec<TypeLayout>, Codec, Encoder)>,
}

impl Packer {
    fn pack(
        &mut self,
        stream: &Arc<StreamInfo>,
        block: EventBlock,
        codec: Option<Codec>,
    ) -> Packed {
        let (payload, codec) = self.payload(stream, &block, codec);
        let payload = kept(payload);
        let block = Block {
            block_id: block.block_id,
            stream_id: stream.stream_id,
            process_id: stream.process_id,
            begin_time: block.begin_time,
            begin_ticks: block.begin_ticks,
            end_time: block.end_time,
            end_ticks: block.end_ticks,
            payload,
            object_offset: block.object_offset,
            event_count: block.event_count,
            event_ticks: Some(block.event_ticks),
            skipped_events: block.skipped_events,
        };
        Packed { block, codec }
    }

    fn payload(
        &mut self,
        stream: &StreamInfo,
        block: &EventBlock,
        codec: Option<Codec>,
    ) -> (RawPayload, Option<Codec>) {
        let encoder = codec.and_then(|codec| self.encoder(&stream.layout.objects, codec));
        let Some((codec, encoder)) = encoder else {
            return (plain_payload(&block.dependencies, &block.objects), None);
        };
        let payload = Payload {
            dependencies: Bytes::from(compress_frame(&block.dependencies)),
            objects: Bytes::from(encoder.encode(&block.objects, block.carried_spans.as_deref())),
        };
        (payload.to_raw(), Some(codec))
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
