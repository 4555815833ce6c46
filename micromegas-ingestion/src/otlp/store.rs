//! Taking OTLP requests into the lake.

use std::time::Instant;

use bytes::Bytes;
use futures::StreamExt as _;
use micromegas_lakehouse::{Error as LakeError, Principal, Tenant};
use micromegas_tracing::prelude::*;

use super::batch::{Batch, Rejected, ResourceRecords};
use super::encoding::Encoding;
use super::incoming::{Incoming, Split};
use super::{OtlpFormat, Signal};
use crate::service::writable_tenant;
use crate::statistics::{Route, RouteStatistics, add};
use crate::{Error, IngestionService};

/// So many resources of one request are stored at the same time.
const RESOURCES_AT_ONCE: usize = 32;

/// What became of a request that was taken.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OtlpOutcome {
    /// The number of records that were not stored, and will not be if they are sent again.
    pub rejected_record_count: u64,
    /// Why, if there are any.
    pub reason: Option<String>,
}

impl IngestionService {
    /// Takes an OTLP export request, protobuf or JSON, not compressed.
    ///
    /// The ids of what is stored follow from the bytes, so that a request that is sent again is
    /// stored once.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for bytes that are no such request or when nothing of it can be
    /// stored, [`Error::TooLarge`], [`Error::Forbidden`] when the principal may not write,
    /// [`Error::Overloaded`] and [`Error::Unavailable`] when it may go well later. In the last case
    /// a part may have been stored; sending all of it again is right.
    ///
    /// # Cancel safety
    /// Dropping the future leaves a part stored; sending the request again is safe.
    pub async fn insert_otlp(
        &self,
        principal: &Principal,
        signal: Signal,
        format: OtlpFormat,
        request: Bytes,
    ) -> Result<OtlpOutcome, Error> {
        let mut admitted = self.admission().enter();
        if !admitted.try_grow(request.len()) {
            return Err(Error::Overloaded { retry_after: self.options().retry_after });
        }
        let encoding = Encoding::Identity;
        let incoming = Incoming { signal, format, encoding, body: request, admitted };
        self.take(principal, incoming).await
    }

    /// Takes a request as it came; failures are logged and counted here, once.
    pub(crate) async fn take(
        &self,
        principal: &Principal,
        incoming: Incoming,
    ) -> Result<OtlpOutcome, Error> {
        let start = Instant::now();
        let (signal, body_bytes) = (incoming.signal, incoming.body.len());
        let result = self.read_and_store(principal, incoming).await;
        let time = start.elapsed();
        self.otlp_statistics(signal).count(body_bytes, time, &result);
        imetric!("ingestion_otlp_request_size", "bytes", body_bytes as u64);
        fmetric!("ingestion_otlp_request_duration", "ms", time.as_secs_f64() * 1e3);
        match &result {
            Ok(OtlpOutcome { reason: Some(reason), rejected_record_count }) => {
                let signal = signal.as_str();
                warn!("{rejected_record_count} records of OTLP {signal} rejected: {reason}");
            }
            Ok(_) => {}
            Err(error) => error.log(&format!("OTLP {}", signal.as_str())),
        }
        result
    }

    async fn read_and_store(
        &self,
        principal: &Principal,
        incoming: Incoming,
    ) -> Result<OtlpOutcome, Error> {
        let tenant = writable_tenant(principal)?;
        let counters = self.otlp_statistics(incoming.signal);
        let Split { batch, inflated_bytes, _admitted } = self.read(tenant, incoming).await?;
        add(&counters.inflated_bytes, inflated_bytes as u64);
        let Batch { resources, mut rejected } = batch;
        let inserts = resources.into_iter().map(|resource| async move {
            let outcome = self.store_resource(tenant, &resource).await;
            (resource.record_count, outcome)
        });
        let mut inserts = futures::stream::iter(inserts).buffer_unordered(RESOURCES_AT_ONCE);
        let mut stored_count = 0;
        let mut failure = None;
        while let Some((record_count, outcome)) = inserts.next().await {
            match outcome {
                Ok(()) => stored_count += record_count,
                Err(LakeError::InvalidInput { message }) => rejected.add(record_count, message),
                Err(error @ LakeError::Forgotten { .. }) => {
                    rejected.add(record_count, error.to_string());
                }
                Err(error) => failure = Some(error),
            }
        }
        add(&counters.records, stored_count);
        if let Some(source) = failure {
            return Err(self.not_stored("request", source));
        }
        let Rejected { record_count, reason } = rejected;
        add(&counters.rejected_records, record_count);
        match reason {
            Some(reason) if stored_count == 0 => Err(Error::InvalidInput { reason, source: None }),
            reason => Ok(OtlpOutcome { rejected_record_count: record_count, reason }),
        }
    }

    async fn read(&self, tenant: &Tenant, incoming: Incoming) -> Result<Split, Error> {
        if !incoming.is_long() {
            return incoming.read(tenant, self.options());
        }
        let (tenant, options) = (tenant.clone(), self.options().clone());
        let work = tokio::task::spawn_blocking(move || incoming.read(&tenant, &options));
        work.await.unwrap_or_else(|error| {
            Err(Error::Unavailable {
                what: "the request could not be read to its end; send it again later".to_owned(),
                retry_after: self.options().retry_after,
                source: Some(Box::new(error)),
            })
        })
    }

    async fn store_resource(
        &self,
        tenant: &Tenant,
        resource: &ResourceRecords,
    ) -> micromegas_lakehouse::Result<()> {
        let lake = self.lake();
        let stream_id = resource.stream.stream_id;
        if self.known_streams().contains(tenant, stream_id) {
            return lake.insert_block(tenant, resource.block()).await;
        }
        // Together, so that they share a group commit.
        let (process, stream, block) = futures::join!(
            lake.insert_process(tenant, resource.process.clone()),
            lake.insert_new_stream(resource.stream.clone()),
            lake.insert_block(tenant, resource.block()),
        );
        process.and(stream).and(block)?;
        self.known_streams().add(tenant, stream_id);
        Ok(())
    }

    pub(crate) fn otlp_statistics(&self, signal: Signal) -> &RouteStatistics {
        self.statistics().of(Route::Otlp(signal))
    }
}
