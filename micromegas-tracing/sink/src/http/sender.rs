//! The thread that sends, one request after the other.

use crate::http::backoff::Backoff;
use crate::http::client::{Answer, Client, Response};
use crate::http::endpoint::Endpoint;
use crate::http::options::HttpOptions;
use crate::http::packed::Packed;
use crate::http::queue::{Queue, ToSend, WaitingBlock};
use micromegas_transit::planar::AcceptedCodecs;
use micromegas_transit::{Block, RawPayload};
use std::collections::HashSet;
use std::sync::Arc;
use uuid::Uuid;

/// Sends what the queue has.
#[derive(Debug)]
pub(super) struct Sender {
    queue: Arc<Queue>,
    client: Client,
    endpoint: Endpoint,
    backoff: Backoff,
    /// The planar blocks that the server reads, by its latest answer. Before the first answer none
    /// is sent.
    accepted: AcceptedCodecs,
    /// Streams whose description was sent.
    known_streams: HashSet<Uuid>,
}

impl Sender {
    pub(super) fn new(
        queue: Arc<Queue>,
        client: Client,
        endpoint: Endpoint,
        options: &HttpOptions,
    ) -> Self {
        let backoff = Backoff::new(options.backoff_min, options.backoff_max);
        let accepted = AcceptedCodecs::default();
        Self { queue, client, endpoint, backoff, accepted, known_streams: HashSet::new() }
    }

    /// Sends until the queue ends.
    pub(super) fn run(&mut self) {
        let queue = Arc::clone(&self.queue);
        while let Some(next) = queue.next_to_send() {
            match next {
                ToSend::Process(process) => {
                    let url = self.endpoint.insert_process.clone();
                    self.deliver_description(&url, &process.to_cbor());
                }
                ToSend::Block(waiting) => {
                    self.announce(&waiting);
                    let is_delivered = self.deliver_block(&waiting);
                    queue.note_block(&waiting, is_delivered);
                }
            }
            queue.note_sent();
        }
    }

    /// Sends the description of a block's stream before the first of its blocks.
    fn announce(&mut self, waiting: &WaitingBlock) {
        if self.known_streams.insert(waiting.stream.stream_id) {
            let url = self.endpoint.insert_stream.clone();
            self.deliver_description(&url, &waiting.stream.to_cbor());
        }
    }

    fn deliver_description(&mut self, url: &str, document: &[u8]) {
        let outcome = self.deliver(url, document, |_| true);
        self.queue.note_description(outcome == Outcome::Delivered);
    }

    /// Sends a block, planar if the server reads that. An answer may say that it does so no more:
    /// then the block is made plain before it is sent again.
    fn deliver_block(&mut self, waiting: &WaitingBlock) -> bool {
        let Some(packed) = waiting.packed() else { return false };
        let url = self.endpoint.insert_block.clone();
        if packed.suits(self.accepted) {
            let document = document(waiting, &packed.payload);
            match self.deliver(&url, &document, |accepted| packed.suits(accepted)) {
                Outcome::Delivered => return true,
                Outcome::Lost => return false,
                Outcome::Unsuited => {}
            }
        }
        match packed.to_plain() {
            Ok(Packed { payload, .. }) => {
                let document = document(waiting, &payload);
                self.deliver(&url, &document, |_| true) == Outcome::Delivered
            }
            Err(error) => {
                self.queue.note_failure(error.to_string(), false);
                false
            }
        }
    }

    /// Sends a document until the server has it or refuses it for good, or the sink must end; or
    /// until it does not suit what the server accepts.
    fn deliver(
        &mut self,
        url: &str,
        document: &[u8],
        suits: impl Fn(AcceptedCodecs) -> bool,
    ) -> Outcome {
        while suits(self.accepted) {
            let time_left = self.queue.time_left();
            if time_left.is_zero() {
                return Outcome::Lost;
            }
            let Response { answer, accepted } = self.client.post(url, document, time_left);
            if let Some(accepted) = accepted {
                self.accepted = accepted;
                self.queue.set_accepted(accepted);
            }
            match answer {
                Answer::Accepted => {
                    self.backoff.reset();
                    return Outcome::Delivered;
                }
                Answer::Refused(reason) => {
                    self.backoff.reset();
                    let is_final = suits(self.accepted);
                    self.queue.note_failure(reason, !is_final);
                    return if is_final { Outcome::Lost } else { Outcome::Unsuited };
                }
                Answer::TryAgain { retry_after, reason } => {
                    self.queue.note_failure(reason, true);
                    self.queue.pause(self.backoff.next_wait(retry_after));
                }
            }
        }
        Outcome::Unsuited
    }
}

/// How sending a document ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Delivered,
    /// Refused for good, or out of time.
    Lost,
    /// The server does not read it in this form.
    Unsuited,
}

/// The document of a block with this payload.
fn document(waiting: &WaitingBlock, payload: &RawPayload) -> Vec<u8> {
    let block = &waiting.block;
    let document = Block {
        block_id: block.block_id,
        stream_id: waiting.stream.stream_id,
        process_id: waiting.stream.process_id,
        begin_time: block.begin_time,
        begin_ticks: block.begin_ticks,
        end_time: block.end_time,
        end_ticks: block.end_ticks,
        payload: payload.clone(),
        object_offset: block.object_offset,
        event_count: block.event_count,
        event_ticks: Some(block.event_ticks),
        skipped_events: block.skipped_events,
    };
    document.to_cbor()
}
