//! The sink itself, and its two threads.

use crate::control::{Control, Controlled};
use crate::http::client::Client;
use crate::http::endpoint::Endpoint;
use crate::http::options::HttpOptions;
use crate::http::packer;
use crate::http::queue::{Queue, QueueLimits};
use crate::http::sender::{Sender, Shared};
use crate::http::server::Server;
use crate::http::stats::DeliveryStats;
use crate::spool::Spool;
use micromegas_tracing::{EventBlock, EventSink};
use micromegas_transit::{ProcessInfo, StreamInfo};
use std::io;
use std::sync::{Arc, Mutex};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// How long events wait if the server is none of ours, unless the host has decided otherwise.
const OTHER_SERVER_PERIOD: Duration = Duration::from_secs(60);

/// How long dropping a sink that was not shut down may take.
const DROP_TIMEOUT: Duration = Duration::from_secs(1);

/// Sends everything to an ingestion server.
///
/// One thread compresses, another sends; both end when the sink is shut down or dropped.
#[derive(Debug)]
pub struct HttpSink {
    queue: Arc<Queue>,
    control: Option<Arc<Control>>,
    server: Arc<Server>,
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
    /// The folder of the spool cannot be used.
    #[error("cannot use the folder of the telemetry spool")]
    SpoolUnavailable(#[source] io::Error),
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
        Self::start(url, options, None)
    }

    /// The same, but the server may change settings of this process, which `controlled` puts in
    /// force.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_control(
        url: &str,
        options: &HttpOptions,
        controlled: Arc<dyn Controlled>,
    ) -> Result<Self, HttpSinkError> {
        Self::start(url, options, Some(Arc::new(Control::new(controlled))))
    }

    fn start(
        url: &str,
        options: &HttpOptions,
        control: Option<Arc<Control>>,
    ) -> Result<Self, HttpSinkError> {
        let endpoint = Endpoint::parse(url)
            .map_err(|reason| HttpSinkError::InvalidUrl { url: without_user(url), reason })?;
        let client =
            Client::new(options).map_err(|reason| HttpSinkError::InvalidOptions { reason })?;
        let opened = options.spool.as_ref().map(|spool| (Spool::open(spool, url), spool));
        let (spool, spool_failure) = match opened {
            Some((Ok(spool), _)) => (Some(spool), None),
            Some((Err(error), options)) if options.is_optional => (None, Some(error.to_string())),
            Some((Err(error), _)) => return Err(HttpSinkError::SpoolUnavailable(error)),
            None => (None, None),
        };
        let limits = QueueLimits {
            bytes_max: options.queue_bytes_max,
            trace_bytes_max: options.queue_trace_bytes_max,
        };
        let spool_after = spool.is_some().then_some(options.spool_after);
        let queue = Arc::new(Queue::new(limits, spool_after, 2));
        if let Some(reason) = spool_failure {
            queue.note_spool_failure(reason);
        }
        let server = Arc::new(Server::default());
        let sink = Self {
            queue: Arc::clone(&queue),
            control: control.clone(),
            server: Arc::clone(&server),
        };
        let spool = spool.map(|spool| Arc::new(Mutex::new(spool)));
        let shared = Shared {
            queue: Arc::clone(&queue),
            spool: spool.clone(),
            control: control.clone(),
            server,
        };
        let mut sender = Sender::new(shared, client, endpoint, options);
        spawn("micromegas-sender", Arc::clone(&queue), move || sender.run())?;
        let packed = Arc::clone(&queue);
        spawn("micromegas-packer", queue, move || {
            packer::run(&packed, spool.as_deref(), control.as_deref());
        })?;
        Ok(sink)
    }

    /// What became of the events so far.
    pub fn stats(&self) -> DeliveryStats {
        self.queue.stats()
    }

    /// Settings go back to the host's before anything else ends.
    fn end(&self, deadline: Instant) {
        if let Some(control) = &self.control {
            control.end();
        }
        self.queue.shut_down(deadline);
    }
}

/// The URL without what may be a password.
fn without_user(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => url.to_owned(),
    }
}

fn spawn(
    name: &str,
    queue: Arc<Queue>,
    run: impl FnOnce() + Send + 'static,
) -> Result<(), HttpSinkError> {
    let served = Serving { queue };
    let thread = Builder::new().name(name.to_owned()).spawn(move || {
        let _served = served;
        run();
    });
    thread.map(drop).map_err(HttpSinkError::Unavailable)
}

/// Tells the queue, also after a panic or a failed start, that the thread serves it no more.
struct Serving {
    queue: Arc<Queue>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.queue.leave();
    }
}

impl Drop for HttpSink {
    fn drop(&mut self) {
        self.end(Instant::now() + DROP_TIMEOUT);
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

    fn flush_period(&self) -> Option<Duration> {
        self.server.is_other().then_some(OTHER_SERVER_PERIOD)
    }

    fn on_flush(&self, deadline: Instant) -> bool {
        self.queue.wait_until_idle(deadline)
    }

    fn on_shutdown(&self, deadline: Instant) {
        self.end(deadline);
    }
}
