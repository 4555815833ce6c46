//! The thread that sends, one request after the other.

use crate::http::backoff::Backoff;
use crate::http::client::{Answer, Client};
use crate::http::endpoint::Endpoint;
use crate::http::options::HttpOptions;
use crate::http::queue::{Queue, ToSend, WaitingBlock};
use micromegas_transit::Block;
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
        Self { queue, client, endpoint, backoff, known_streams: HashSet::new() }
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
        let is_delivered = self.deliver(url, document);
        self.queue.note_description(is_delivered);
    }

    fn deliver_block(&mut self, waiting: &WaitingBlock) -> bool {
        let Some(payload) = waiting.payload() else { return false };
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
        let url = self.endpoint.insert_block.clone();
        self.deliver(&url, &document.to_cbor())
    }

    /// Sends a document until the server has it or refuses it for good, or the sink must end.
    fn deliver(&mut self, url: &str, document: &[u8]) -> bool {
        loop {
            let time_left = self.queue.time_left();
            if time_left.is_zero() {
                return false;
            }
            match self.client.post(url, document, time_left) {
                Answer::Accepted => {
                    self.backoff.reset();
                    return true;
                }
                Answer::Refused(reason) => {
                    self.backoff.reset();
                    self.queue.note_failure(reason, false);
                    return false;
                }
                Answer::TryAgain { retry_after, reason } => {
                    self.queue.note_failure(reason, true);
                    self.queue.pause(self.backoff.next_wait(retry_after));
                }
            }
        }
    }
}
