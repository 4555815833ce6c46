//! The work itself, without HTTP: decode a document, put it into the lake.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use micromegas_lakehouse::{
    Error as LakeError, Lake, LakeOptions, Lakehouse, Principal, Rights, Tenant,
};
use micromegas_tracing::prelude::*;
use micromegas_transit::{Block, ProcessInfo, StreamInfo};
use uuid::Uuid;

use crate::admission::Admission;
use crate::control::Desk;
use crate::options::IngestionOptions;
use crate::reserved::remove_reserved;
use crate::statistics::{Route, Statistics};
use crate::{Error, exposition};

/// The three kinds of documents that clients send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentKind {
    /// A process: who records.
    Process,
    /// A stream: how the records of one source are laid out.
    Stream,
    /// A block: a run of events of one stream.
    Block,
}

impl DocumentKind {
    /// The word for it, as in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Stream => "stream",
            Self::Block => "block",
        }
    }

    pub(crate) fn route(self) -> Route {
        match self {
            Self::Process => Route::Process,
            Self::Stream => Route::Stream,
            Self::Block => Route::Block,
        }
    }
}

/// Takes documents into a lake. One per lakehouse; share it in an [`Arc`].
///
/// All methods are idempotent by the document's id: the first document wins, later ones are
/// answered as a success and change nothing. A method that returns `Ok` has stored the document.
#[derive(Debug)]
pub struct IngestionService {
    lake: Lake,
    options: IngestionOptions,
    admission: Arc<Admission>,
    statistics: Statistics,
    desk: Arc<Desk>,
    #[cfg(feature = "otlp")]
    known_streams: crate::otlp::KnownStreams,
}

impl IngestionService {
    /// A service that writes into this lakehouse.
    ///
    /// # Panics
    /// Outside of a tokio runtime, because the lake's group commit runs on it.
    pub fn new(lakehouse: Lakehouse, options: IngestionOptions) -> Self {
        Self::with_lake_options(lakehouse, LakeOptions::default(), options)
    }

    /// A service that writes into this lakehouse as these options say; but the memory in flight
    /// follows from the service's budget.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub fn with_lake_options(
        lakehouse: Lakehouse,
        lake_options: LakeOptions,
        options: IngestionOptions,
    ) -> Self {
        // The lake counts the same bytes again, and a constant for each row.
        let in_flight_bytes_max = options.budget_bytes().saturating_mul(2);
        let lake_options = LakeOptions { in_flight_bytes_max, ..lake_options };
        Self::with_lake(Lake::new(lakehouse, lake_options), options)
    }

    /// A service that writes through a lake that the host has set up.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub fn with_lake(lake: Lake, options: IngestionOptions) -> Self {
        let admission = Admission::new(options.budget_bytes());
        let desk = Desk::start(lake.lakehouse(), &options);
        Self {
            lake,
            options,
            admission,
            statistics: Statistics::default(),
            desk,
            #[cfg(feature = "otlp")]
            known_streams: crate::otlp::KnownStreams::default(),
        }
    }

    /// Takes a CBOR process document.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for bytes that are no such document, [`Error::Forbidden`] when the
    /// principal may not write, [`Error::Unavailable`] when a store failed.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the document stored or not stored; sending it again is safe.
    pub async fn insert_process(&self, principal: &Principal, body: Bytes) -> Result<(), Error> {
        self.insert(DocumentKind::Process, principal, body).await
    }

    /// Takes a CBOR stream document.
    ///
    /// # Errors
    /// As [`insert_process`](Self::insert_process); [`Error::InvalidInput`] also for a layout whose
    /// types contain each other or exceed [`IngestionOptions::layout_limits`].
    ///
    /// # Cancel safety
    /// As [`insert_process`](Self::insert_process).
    pub async fn insert_stream(&self, principal: &Principal, body: Bytes) -> Result<(), Error> {
        self.insert(DocumentKind::Stream, principal, body).await
    }

    /// Takes a CBOR block document. The payload's bytes are stored as they are.
    ///
    /// # Errors
    /// As [`insert_process`](Self::insert_process).
    ///
    /// # Cancel safety
    /// As [`insert_process`](Self::insert_process).
    pub async fn insert_block(&self, principal: &Principal, body: Bytes) -> Result<(), Error> {
        self.insert(DocumentKind::Block, principal, body).await
    }

    /// Asks both stores whether they answer.
    ///
    /// # Errors
    /// [`Error::Unavailable`] names each store that does not.
    pub async fn ready(&self) -> Result<(), Error> {
        let lakehouse = self.lake.lakehouse();
        let limit = self.options.probe_timeout;
        let (metadata, objects) = futures::join!(
            tokio::time::timeout(limit, lakehouse.check_metadata_store()),
            tokio::time::timeout(limit, lakehouse.check_object_store()),
        );
        let mut failures = Vec::new();
        let mut first_source = None;
        for (store, outcome) in [("metadata store", metadata), ("object store", objects)] {
            match outcome {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    failures.push(format!("the {store} is down: {error}"));
                    first_source.get_or_insert(error);
                }
                Err(_) => failures.push(format!("the {store} does not answer in time")),
            }
        }
        if failures.is_empty() {
            return Ok(());
        }
        Err(Error::Unavailable {
            what: failures.join("; "),
            retry_after: self.options.retry_after,
            source: first_source.map(|error| Box::new(error) as _),
        })
    }

    /// What the service has counted about itself since it was made, in the text format of
    /// Prometheus.
    pub fn metrics_text(&self) -> String {
        let (used, limit) = (self.admission.used_bytes(), self.options.budget_bytes());
        exposition::text(&self.statistics, used, limit)
    }

    /// Takes a document of the given kind; refusals and failures are logged and counted here, once.
    pub(crate) async fn insert(
        &self,
        kind: DocumentKind,
        principal: &Principal,
        body: Bytes,
    ) -> Result<(), Error> {
        let start = Instant::now();
        let body_bytes = body.len();
        let (process_id, result) = match self.decode(kind, principal, body) {
            Ok((tenant, document)) => {
                let process_id = document.process_id();
                (Some(process_id), self.store(tenant, document).await)
            }
            Err(error) => (None, Err(error)),
        };
        let time = start.elapsed();
        self.statistics.of(kind.route()).count(body_bytes, time, &result);
        if process_id.is_some_and(is_own) {
            return result;
        }
        imetric!("ingestion_request_size", "bytes", body_bytes as u64);
        fmetric!("ingestion_request_duration", "ms", time.as_secs_f64() * 1e3);
        if let Err(error) = &result {
            error.log(kind.as_str());
        }
        result
    }

    fn decode<'a>(
        &self,
        kind: DocumentKind,
        principal: &'a Principal,
        body: Bytes,
    ) -> Result<(&'a Tenant, Document), Error> {
        let tenant = writable_tenant(principal)?;
        if body.is_empty() {
            return Err(Error::InvalidInput {
                reason: format!("the body is empty; send one CBOR {} document", kind.as_str()),
                source: None,
            });
        }
        let document = match kind {
            DocumentKind::Process => {
                let mut process = ProcessInfo::from_cbor(body).map_err(|e| malformed(kind, e))?;
                remove_reserved(&mut process.properties);
                Document::Process(process)
            }
            DocumentKind::Stream => {
                let mut stream = StreamInfo::from_cbor(body).map_err(|e| malformed(kind, e))?;
                self.check_layout(&stream)?;
                remove_reserved(&mut stream.properties);
                Document::Stream(stream)
            }
            DocumentKind::Block => {
                Document::Block(Block::from_cbor(body).map_err(|e| malformed(kind, e))?)
            }
        };
        Ok((tenant, document))
    }

    async fn store(&self, tenant: &Tenant, document: Document) -> Result<(), Error> {
        let kind = document.kind();
        let stored = match document {
            Document::Process(process) => self.lake.insert_process(tenant, process).await,
            Document::Stream(stream) => self.lake.insert_stream(tenant, stream).await,
            Document::Block(block) => self.lake.insert_block(tenant, block).await,
        };
        stored.map_err(|source| self.not_stored(kind.as_str(), source))
    }

    /// Refuses a layout that no reader could decode blocks with, before any block comes.
    fn check_layout(&self, stream: &StreamInfo) -> Result<(), Error> {
        stream.layout.check(&self.options.layout_limits).map_err(|source| Error::InvalidInput {
            reason: format!("the stream's layout cannot be decoded: {source}"),
            source: Some(Box::new(source)),
        })
    }

    /// What a failure of the lake means to the sender. Only what can never be stored is "never
    /// again"; everything else, foreseen or not, may go well the next time.
    pub(crate) fn not_stored(&self, what: &str, source: LakeError) -> Error {
        match source {
            LakeError::InvalidInput { .. }
            | LakeError::Unsupported { .. }
            | LakeError::Forgotten { .. } => Error::InvalidInput {
                reason: format!("the {what} cannot be stored: {source}"),
                source: Some(Box::new(source)),
            },
            _ => Error::Unavailable {
                what: "the lake cannot store it now; send the same bytes again later".to_owned(),
                retry_after: self.options.retry_after,
                source: Some(Box::new(source)),
            },
        }
    }

    pub(crate) fn options(&self) -> &IngestionOptions {
        &self.options
    }

    pub(crate) fn desk(&self) -> &Desk {
        &self.desk
    }

    pub(crate) fn admission(&self) -> &Arc<Admission> {
        &self.admission
    }

    pub(crate) fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    #[cfg(feature = "otlp")]
    pub(crate) fn lake(&self) -> &Lake {
        &self.lake
    }

    #[cfg(feature = "otlp")]
    pub(crate) fn known_streams(&self) -> &crate::otlp::KnownStreams {
        &self.known_streams
    }
}

/// A document that was decoded.
enum Document {
    Process(ProcessInfo),
    Stream(StreamInfo),
    Block(Block),
}

impl Document {
    fn kind(&self) -> DocumentKind {
        match self {
            Self::Process(_) => DocumentKind::Process,
            Self::Stream(_) => DocumentKind::Stream,
            Self::Block(_) => DocumentKind::Block,
        }
    }

    fn process_id(&self) -> Uuid {
        match self {
            Self::Process(process) => process.process_id,
            Self::Stream(stream) => stream.process_id,
            Self::Block(block) => block.process_id,
        }
    }
}

/// Whether this very process sent it. Such a document is taken in silence, or telling about it would
/// make another one.
fn is_own(process_id: Uuid) -> bool {
    micromegas_tracing::process_id() == Some(process_id)
}

/// Where the principal's documents go.
pub(crate) fn writable_tenant(principal: &Principal) -> Result<&Tenant, Error> {
    if principal.can(Rights::INGEST) {
        Ok(principal.home())
    } else {
        let reason = "these credentials may not send telemetry; use a key with that right";
        Err(Error::Forbidden { reason: reason.to_owned() })
    }
}

fn malformed(kind: DocumentKind, source: micromegas_transit::Error) -> Error {
    Error::InvalidInput {
        reason: format!("the body is not a {} document: {source}", kind.as_str()),
        source: Some(Box::new(source)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use micromegas_tracing::{Config, EventBlock, EventSink};
    use micromegas_transit::{Payload, compress_frame, inflated_bytes};

    use super::*;

    /// Keeps how many events it was given.
    #[derive(Debug, Default)]
    struct Counter {
        event_count: Mutex<i32>,
    }

    impl EventSink for Counter {
        fn on_process(&self, _: &Arc<ProcessInfo>) {}

        fn on_stream(&self, _: &Arc<StreamInfo>) {}

        fn on_block(&self, _: &Arc<StreamInfo>, block: EventBlock) {
            *self.event_count.lock().unwrap() += block.event_count;
        }
    }

    fn block_of(process_id: Uuid, objects: Bytes) -> Bytes {
        let time = chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let dependencies = compress_frame(b"dependencies").into();
        let block = Block {
            block_id: Uuid::new_v4(),
            stream_id: Uuid::new_v4(),
            process_id,
            begin_time: time,
            begin_ticks: 0,
            end_time: time,
            end_ticks: 1,
            payload: Payload { dependencies, objects }.to_raw(),
            object_offset: 0,
            event_count: 1,
            event_ticks: None,
            skipped_events: 0,
        };
        block.to_cbor().into()
    }

    /// Counters of a process are looked at here, so this is one test and the only one of its kind.
    #[tokio::test]
    async fn blocks_are_stored_unread_and_those_of_this_process_in_silence() {
        let lakehouse = Lakehouse::in_memory();
        let service = IngestionService::new(lakehouse.clone(), IngestionOptions::default());
        let counter = Arc::new(Counter::default());
        let guard = micromegas_tracing::init(Config::default(), Arc::clone(&counter) as _).unwrap();
        let own = micromegas_tracing::process_id().unwrap();
        let local = Principal::local();
        let frame = || Bytes::from(compress_frame(&b"events ".repeat(1_000)));

        for _ in 0..10 {
            service.insert_block(&local, block_of(own, frame())).await.unwrap();
        }
        let nobody = Principal::new("nobody", [Tenant::default()], Rights::NONE).unwrap();
        assert!(guard.flush(Duration::from_secs(5)));
        assert_eq!(*counter.event_count.lock().unwrap(), 0);

        service.insert_block(&local, block_of(Uuid::new_v4(), frame())).await.unwrap();
        service.insert_block(&nobody, block_of(own, frame())).await.unwrap_err();
        assert!(guard.flush(Duration::from_secs(5)));
        assert!(*counter.event_count.lock().unwrap() >= 4);

        assert_eq!(inflated_bytes(), 0);
        let tenants = [Tenant::default()];
        let waiting = lakehouse.store().list_waiting_blocks(&tenants, None, 100).await.unwrap();
        assert_eq!(waiting.len(), 11);
    }
}
