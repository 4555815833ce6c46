//! The work itself, without HTTP: decode a document, put it into the lake.

use std::sync::Arc;

use bytes::Bytes;
use micromegas_lakehouse::{
    Error as LakeError, Lake, LakeOptions, Lakehouse, Principal, Rights, Tenant,
};
use micromegas_tracing::prelude::*;
use micromegas_transit::{Block, ProcessInfo, StreamInfo};

use crate::Error;
use crate::admission::Admission;
use crate::options::IngestionOptions;
use crate::reserved::remove_reserved;

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
}

impl IngestionService {
    /// A service that writes into this lakehouse.
    ///
    /// # Panics
    /// Outside of a tokio runtime, because the lake's group commit runs on it.
    pub fn new(lakehouse: Lakehouse, options: IngestionOptions) -> Self {
        let budget = options.budget_bytes();
        // The lake counts the same bytes again, and a constant for each row.
        let in_flight_bytes_max = budget.saturating_mul(2);
        let lake_options = LakeOptions { in_flight_bytes_max, ..LakeOptions::default() };
        Self::with_lake(Lake::new(lakehouse, lake_options), options)
    }

    /// A service that writes through a lake that the host has set up.
    pub fn with_lake(lake: Lake, options: IngestionOptions) -> Self {
        let admission = Admission::new(options.budget_bytes());
        Self { lake, options, admission }
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
    /// [`Error::Unavailable`] names the store that does not.
    pub async fn ready(&self) -> Result<(), Error> {
        let unavailable = |what: String, source| {
            Err(Error::Unavailable { what, retry_after: self.options.retry_after, source })
        };
        let probe = self.lake.lakehouse().check_ready();
        match tokio::time::timeout(self.options.probe_timeout, probe).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => unavailable(error.to_string(), Some(Box::new(error))),
            Err(_) => unavailable("the lake does not answer in time".to_owned(), None),
        }
    }

    /// Takes a document of the given kind; refusals and failures are logged here, once.
    pub(crate) async fn insert(
        &self,
        kind: DocumentKind,
        principal: &Principal,
        body: Bytes,
    ) -> Result<(), Error> {
        let result = self.decode_and_store(kind, principal, body).await;
        if let Err(error) = &result {
            let kind = kind.as_str();
            match error {
                Error::Unavailable { source: Some(source), .. } => {
                    warn!("{kind} not taken: {error}: {source}");
                }
                _ => warn!("{kind} not taken: {error}"),
            }
        }
        result
    }

    async fn decode_and_store(
        &self,
        kind: DocumentKind,
        principal: &Principal,
        body: Bytes,
    ) -> Result<(), Error> {
        let tenant = writable_tenant(principal)?;
        if body.is_empty() {
            return Err(Error::InvalidInput {
                reason: format!("the body is empty; send one CBOR {} document", kind.as_str()),
                source: None,
            });
        }
        let stored = match kind {
            DocumentKind::Process => {
                let mut process = ProcessInfo::from_cbor(body).map_err(|e| malformed(kind, e))?;
                remove_reserved(&mut process.properties);
                self.lake.insert_process(tenant, process).await
            }
            DocumentKind::Stream => {
                let mut stream = StreamInfo::from_cbor(body).map_err(|e| malformed(kind, e))?;
                self.check_layout(&stream)?;
                remove_reserved(&mut stream.properties);
                self.lake.insert_stream(tenant, stream).await
            }
            DocumentKind::Block => {
                let block = Block::from_cbor(body).map_err(|e| malformed(kind, e))?;
                self.lake.insert_block(tenant, block).await
            }
        };
        stored.map_err(|source| self.not_stored(kind, source))
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
    fn not_stored(&self, kind: DocumentKind, source: LakeError) -> Error {
        match source {
            LakeError::InvalidInput { .. } | LakeError::Unsupported { .. } => Error::InvalidInput {
                reason: format!("the {} cannot be stored: {source}", kind.as_str()),
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

    pub(crate) fn admission(&self) -> &Arc<Admission> {
        &self.admission
    }
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
