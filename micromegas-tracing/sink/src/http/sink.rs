//! The sink itself, and its two threads.

use crate::http::client::Client;
use crate::http::endpoint::Endpoint;
use crate::http::options::HttpOptions;
use crate::http::packer;
use crate::http::queue::Queue;
use crate::http::sender::Sender;
use crate::http::stats::DeliveryStats;
use micromegas_tracing::{EventBlock, EventSink};
use micromegas_transit::{ProcessInfo, StreamInfo};
use std::io;
use std::sync::Arc;
use std::thread::Builder;
use std::time::{Duration, Instant};

/// How long dropping a sink that was not shut down may take.
const DROP_TIMEOUT: Duration = Duration::from_secs(1);

/// Sends everything to an ingestion server.
///
/// One thread compresses, another sends; both end when the sink is shut down or dropped.
#[derive(Debug)]
pub struct HttpSink {
    queue: Arc<Queue>,
}

/// Why an [`HttpSink`] could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpSinkError {
    /// The URL is not that of a server.
    #[error("'{url}' is not the base URL of a telemetry server: {reason}")]
    InvalidUrl {
        /// The URL as given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An option cannot be used.
    #[error("the options of the telemetry client cannot be used: {reason}")]
    InvalidOptions {
        /// What is wrong.
        reason: String,
    },
    /// A thread could not be started.
    #[error("cannot start a thread of the telemetry client")]
    Unavailable(#[source] io::Error),
}

impl HttpSink {
    /// A sink that sends to the server at `url`, with or without a slash at its end. Nothing is
    /// sent before something is recorded, so the server need not be there yet.
    ///
    /// # Errors
    /// If URL or options cannot be used, or the threads cannot be started.
    pub fn new(url: &str, options: &HttpOptions) -> Result<Self, HttpSinkError> {
        let endpoint = Endpoint::parse(url)
            .map_err(|reason| HttpSinkError::InvalidUrl { url: url.to_owned(), reason })?;
        let client =
            Client::new(options).map_err(|reason| HttpSinkError::InvalidOptions { reason })?;
        let queue = Arc::new(Queue::new(options.queue_bytes_max, 2));
        let sink = Self { queue: Arc::clone(&queue) };
        let mut sender = Sender::new(Arc::clone(&queue), client, endpoint, options);
        spawn("micromegas-sender", Arc::clone(&queue), true, move || sender.run())?;
        let packed = Arc::clone(&queue);
        spawn("micromegas-packer", queue, false, move || packer::run(&packed))?;
        Ok(sink)
    }

    /// What became of the events so far.
    pub fn stats(&self) -> DeliveryStats {
        self.queue.stats()
    }
}

fn spawn(
    name: &str,
    queue: Arc<Queue>,
    is_sender: bool,
    run: impl FnOnce() + Send + 'static,
) -> Result<(), HttpSinkError> {
    let served = Serving { queue, is_sender };
    let thread = Builder::new().name(name.to_owned()).spawn(move || {
        let _served = served;
        run();
    });
    thread.map(drop).map_err(HttpSinkError::Unavailable)
}

/// Tells the queue, also after a panic or a failed start, that the thread serves it no more.
struct Serving {
    queue: Arc<Queue>,
    is_sender: bool,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.queue.leave(self.is_sender);
    }
}

impl Drop for HttpSink {
    fn drop(&mut self) {
        self.queue.shut_down(Instant::now() + DROP_TIMEOUT);
    }
}

impl EventSink for HttpSink {
    fn on_process(&self, process: &Arc<ProcessInfo>) {
        self.queue.set_process(process);
    }

    /// A stream's description is sent with its first block.
    fn on_stream(&self, _: &Arc<StreamInfo>) {}

    fn on_block(&self, stream: &Arc<StreamInfo>, block: EventBlock) {
        self.queue.offer(stream, block);
    }

    fn on_flush(&self, deadline: Instant) -> bool {
        self.queue.wait_until_idle(deadline)
    }

    fn on_shutdown(&self, deadline: Instant) {
        self.queue.shut_down(deadline);
    }
}
