//! Receiving a request body within the limits.

use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;

use crate::Error;
use crate::admission::Admitted;
use crate::options::IngestionOptions;

/// How much memory a declared length may reserve before any byte has come.
const RESERVED_BYTES_MAX: u64 = 1024 * 1024;

/// How long the rest of a refused body is listened to.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// Receives a body of up to `bytes_max` bytes, taking them from the budget as they come.
///
/// The rest of a body that is refused is read and thrown away, up to twice the limit: a sender
/// that is cut off while it sends never hears the answer.
pub(crate) async fn receive(
    body: Body,
    admitted: &mut Admitted,
    bytes_max: usize,
    options: &IngestionOptions,
) -> Result<Bytes, Error> {
    let declared = body.size_hint().lower();
    let mut stream = body.into_data_stream();
    let received = if declared > bytes_max as u64 {
        Err(Error::TooLarge { bytes_max })
    } else {
        let limits = Limits { bytes_max, retry_after: options.retry_after };
        collect(&mut stream, declared, admitted, limits).await
    };
    if matches!(received, Err(Error::TooLarge { .. } | Error::Overloaded { .. })) {
        admitted.give_back();
        drain(&mut stream, options).await;
    }
    received
}

/// Reads a body that is refused unread and throws it away, within the same bounds.
pub(crate) async fn refuse(body: Body, options: &IngestionOptions) {
    drain(&mut body.into_data_stream(), options).await;
}

async fn drain(stream: &mut BodyDataStream, options: &IngestionOptions) {
    // A sender that is still at it after the timeout is cut off; it has had its chance.
    let rest = discard(stream, options.body_bytes_max.saturating_mul(2));
    let _ = tokio::time::timeout(DRAIN_TIMEOUT, rest).await;
}

struct Limits {
    bytes_max: usize,
    retry_after: Duration,
}

async fn collect(
    stream: &mut BodyDataStream,
    declared: u64,
    admitted: &mut Admitted,
    limits: Limits,
) -> Result<Bytes, Error> {
    let Limits { bytes_max, retry_after } = limits;
    let mut bytes = BytesMut::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|source| Error::InvalidInput {
            reason: "the request body ended before it was complete".to_owned(),
            source: Some(Box::new(source)),
        })?;
        if chunk.len() > bytes_max - bytes.len() {
            return Err(Error::TooLarge { bytes_max });
        }
        if !admitted.try_grow(chunk.len()) {
            return Err(Error::Overloaded { retry_after });
        }
        if bytes.is_empty() {
            if chunk.len() as u64 >= declared && stream.is_end_stream() {
                // A short body comes at once, and is not copied.
                return Ok(chunk);
            }
            bytes.reserve(declared.min(RESERVED_BYTES_MAX) as usize);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

async fn discard(stream: &mut BodyDataStream, bytes_max: usize) {
    let mut discarded = 0;
    while let Some(Ok(chunk)) = stream.next().await {
        discarded += chunk.len();
        if discarded > bytes_max {
            return;
        }
    }
}
