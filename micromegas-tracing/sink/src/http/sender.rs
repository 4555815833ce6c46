//! The thread that sends, one request after the other.

use crate::control::Control;
use crate::http::backoff::Backoff;
use crate::http::client::{Answer, Client, Response};
use crate::http::endpoint::Endpoint;
use crate::http::options::HttpOptions;
use crate::http::packed::Encoded;
use crate::http::packer::{lock, to_store, with_skipped};
use crate::http::queue::{Content, Fate, Key, Packed, Queue, Task, ToSend};
use crate::http::server::Server;
use crate::spool::{Place, Spool};
use bytes::Bytes;
use micromegas_transit::planar::AcceptedCodecs;
use micromegas_transit::{Block, ProcessInfo};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A block over which the server failed this often, which takes minutes, counts as refused, so
/// that those behind it can pass.
const SERVER_FAILURES_MAX: u32 = 20;

/// So many descriptions are known to be sent. Where threads come and go without end all of them are
/// forgotten now and then: sending one again changes nothing.
const KNOWN_MAX: usize = 65_536;

/// What the sender works with.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) queue: Arc<Queue>,
    pub(super) spool: Option<Arc<Mutex<Spool>>>,
    pub(super) control: Option<Arc<Control>>,
    pub(super) server: Arc<Server>,
}

/// Sends what the queue has.
#[derive(Debug)]
pub(super) struct Sender {
    shared: Shared,
    client: Client,
    endpoint: Endpoint,
    backoff: Backoff,
    /// The planar blocks that the server reads, by its latest answer. Before the first answer none
    /// is sent.
    accepted: AcceptedCodecs,
    /// Processes and streams whose description was sent.
    known: HashSet<Uuid>,
    /// The block that was tried last, and whether it lay on disk then: what was read from there or
    /// made plain is kept.
    current: Option<(Key, bool, Arc<Packed>)>,
    control_period: Duration,
    /// When the server is asked for settings, if it has any to give.
    poll_at: Option<Instant>,
}

/// How an attempt ended.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Done(Fate),
    /// Once more, at once: not in this form.
    Unsuited,
    /// Once more, later.
    Later {
        wait: Duration,
        is_server_failure: bool,
    },
}

impl Sender {
    pub(super) fn new(
        shared: Shared,
        client: Client,
        endpoint: Endpoint,
        options: &HttpOptions,
    ) -> Self {
        Self {
            shared,
            client,
            endpoint,
            backoff: Backoff::new(options.backoff_min, options.backoff_max),
            accepted: AcceptedCodecs::default(),
            known: HashSet::new(),
            current: None,
            control_period: options.control_period,
            poll_at: None,
        }
    }

    /// Sends until the queue ends.
    pub(super) fn run(&mut self) {
        let queue = Arc::clone(&self.shared.queue);
        while let Some(next) = queue.next_to_send(self.poll_at) {
            match next {
                ToSend::Process(process) => {
                    if self.shared.control.is_some() {
                        self.client.announce_control(process.process_id);
                    }
                    match self.announce_process(&process) {
                        Ok(()) => queue.finish_process(),
                        Err(outcome) => self.put_back(&outcome),
                    }
                }
                ToSend::Block(task) => {
                    match self.attempt(&task).unwrap_or_else(|outcome| outcome) {
                        Outcome::Done(fate) => self.finish(&task, fate),
                        outcome => self.put_back(&outcome),
                    }
                }
                ToSend::Wake => {
                    let url = self.endpoint.control.clone();
                    // Whether that worked matters to nothing that waits.
                    let response = self.client.get(&url, queue.time_left());
                    self.poll_at = Some(Instant::now() + self.control_period);
                    self.note_server(&response);
                }
            }
        }
    }

    fn put_back(&mut self, outcome: &Outcome) {
        let is_server_failure = matches!(outcome, Outcome::Later { is_server_failure: true, .. });
        self.shared.queue.put_back(is_server_failure);
        if let Outcome::Later { wait, .. } = outcome {
            self.shared.queue.pause(*wait);
        }
    }

    /// One attempt to send a block, and before it what the server does not know yet.
    fn attempt(&mut self, task: &Task) -> Result<Outcome, Outcome> {
        self.announce_process(&task.process)?;
        if !self.known.contains(&task.stream.stream_id) {
            let url = self.endpoint.insert_stream.clone();
            self.announce(&url, &task.stream.to_cbor(), task.stream.stream_id)?;
        }
        let Some(packed) = self.packed(task) else { return Ok(Outcome::Done(Fate::Lost)) };
        let document = with_skipped(&packed.block, task.more_skipped).to_cbor();
        let url = self.endpoint.insert_block.clone();
        match self.post(&url, &document) {
            Answer::Accepted => Ok(Outcome::Done(Fate::Delivered)),
            Answer::Refused(reason) => {
                let is_final = packed.suits(self.accepted);
                self.shared.queue.note_failure(reason, !is_final, false);
                Ok(if is_final { Outcome::Done(Fate::Rejected) } else { Outcome::Unsuited })
            }
            Answer::TryAgain { is_server_failure: true, reason, .. }
                if task.server_failures + 1 >= SERVER_FAILURES_MAX =>
            {
                self.shared.queue.note_failure(reason, false, false);
                Ok(Outcome::Done(Fate::Rejected))
            }
            Answer::TryAgain { retry_after, reason, is_server_failure } => {
                Ok(self.later(retry_after, reason, is_server_failure))
            }
        }
    }

    fn announce_process(&mut self, process: &ProcessInfo) -> Result<(), Outcome> {
        if self.known.contains(&process.process_id) {
            return Ok(());
        }
        let url = self.endpoint.insert_process.clone();
        self.announce(&url, &process.to_cbor(), process.process_id)
    }

    /// Sends a description, unless that has to wait. Blocks are sent even if it is refused.
    fn announce(&mut self, url: &str, document: &[u8], id: Uuid) -> Result<(), Outcome> {
        match self.post(url, document) {
            Answer::Accepted => {}
            Answer::Refused(reason) => {
                self.shared.queue.note_failure(reason, false, false);
                self.shared.queue.note_refused_description();
            }
            Answer::TryAgain { retry_after, reason, .. } => {
                return Err(self.later(retry_after, reason, false));
            }
        }
        if self.known.len() == KNOWN_MAX {
            self.known.clear();
        }
        self.known.insert(id);
        Ok(())
    }

    fn later(
        &mut self,
        retry_after: Option<Duration>,
        reason: String,
        is_server_failure: bool,
    ) -> Outcome {
        self.shared.queue.note_failure(reason, true, true);
        Outcome::Later { wait: self.backoff.next_wait(retry_after), is_server_failure }
    }

    fn post(&mut self, url: &str, document: &[u8]) -> Answer {
        let response = self.client.post(url, document, self.shared.queue.time_left());
        self.note_server(&response);
        if !matches!(response.answer, Answer::TryAgain { .. }) {
            self.backoff.reset();
        }
        response.answer
    }

    fn note_server(&mut self, response: &Response) {
        let Some(facts) = &response.server else { return };
        self.accepted = facts.accepted;
        self.shared.queue.set_accepted(facts.accepted);
        self.shared.server.note(facts.is_ours);
        let Some(control) = &self.shared.control else { return };
        self.poll_at = facts.has_control.then(|| Instant::now() + self.control_period);
        if let Some(settings) = facts.settings.as_deref().filter(|_| facts.has_control) {
            control.receive(settings);
            self.shared.queue.wake_packer();
        }
    }

    /// The block in a form that the server reads; none if it cannot be had.
    fn packed(&mut self, task: &Task) -> Option<Arc<Packed>> {
        let is_spooled = matches!(task.content, Content::Spooled(..));
        let is_it =
            |(key, was_spooled, _): &(Key, bool, _)| (*key, *was_spooled) == (task.key, is_spooled);
        let packed = match (self.current.take().filter(is_it), &task.content) {
            (Some((_, _, packed)), _) => packed,
            (None, Content::Packed(packed)) => Arc::clone(packed),
            (None, Content::Spooled(place, encoded)) => self.load(place, *encoded)?,
            (None, Content::Raw(_) | Content::Packing) => return None,
        };
        let packed = if packed.suits(self.accepted) {
            packed
        } else {
            let plain = packed.to_plain().map(Arc::new);
            plain.map_err(|error| self.note_unreadable(error.to_string())).ok()?
        };
        self.current = Some((task.key, is_spooled, Arc::clone(&packed)));
        Some(packed)
    }

    fn load(&self, place: &Place, encoded: Encoded) -> Option<Arc<Packed>> {
        let document = self.spool()?.load(place);
        let document = document.map_err(|error| self.note_unreadable(error.to_string())).ok()?;
        let block = Block::from_cbor(Bytes::from(document));
        let block = block.map_err(|error| self.note_unreadable(error.to_string())).ok()?;
        Some(Arc::new(Packed { block, codec: encoded.0 }))
    }

    fn note_unreadable(&self, reason: String) {
        self.shared.queue.note_failure(reason, false, false);
    }

    fn spool(&self) -> Option<MutexGuard<'_, Spool>> {
        self.shared.spool.as_deref().map(lock)
    }

    /// The block is dealt with: it leaves the disk, too. What was refused moves to another place
    /// there.
    fn finish(&mut self, task: &Task, fate: Fate) {
        let queue = Arc::clone(&self.shared.queue);
        let packed = self.current.take().map(|(_, _, packed)| packed);
        if fate == Fate::Rejected
            && let (Some(mut spool), Some(packed)) = (self.spool(), packed)
        {
            let block = with_skipped(&packed.block, task.more_skipped);
            let document = block.to_cbor();
            let encoded = Encoded(packed.codec);
            let refused = to_store(task, &document, encoded, block.skipped_events);
            if let Err(error) = spool.reject(&refused) {
                queue.note_spool_failure(error.to_string());
            }
        }
        if let Some(place) = queue.finish(task.key, fate)
            && let Some(mut spool) = self.spool()
        {
            if let Err(error) = spool.release(&place) {
                queue.note_spool_failure(error.to_string());
            }
            queue.note_spool_bytes(spool.bytes());
        }
    }
}
