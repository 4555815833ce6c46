//! From a block's row in the lake to its rows in a view.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::common::runtime::SpawnedTask;
use datafusion::error::DataFusionError;
use micromegas_lakehouse::{BlockRecord, Error as LakehouseError, QuarantineKey};
use micromegas_tracing::prelude::*;
use micromegas_transit::{Limits, Payload};

use super::cache::{BlockKey, DecodedBlock};
use crate::engine::Engine;
use crate::error::Error;
use crate::otlp::Message;
use crate::source::{Format, StreamSource};
use crate::view::{BlockContent, Content, RunDecoder, View};

/// What became of a block.
#[derive(Debug)]
pub(crate) enum DecodeOutcome {
    /// Its rows.
    Decoded(Arc<DecodedBlock>),
    /// It cannot be decoded and is in quarantine now, so it has no rows.
    Quarantined,
}

/// The rows of a block in a view that decodes block by block, from the cache if they are there.
///
/// The future must be polled to its end: others may be waiting for the block that it decodes. A
/// stream hands it to a task of its own, see [`decode_block_in_task`].
///
/// # Errors
///
/// Whatever may go away by itself: the caller must not take the block for read.
pub(crate) async fn decode_block(
    engine: &Arc<Engine>,
    view: &Arc<dyn View>,
    block: &BlockRecord,
) -> Result<DecodeOutcome, Error> {
    let decode = async {
        let source = engine.sources().fetch(engine.lakehouse(), block).await?;
        if !view.may_have_rows(&source) {
            return Ok(DecodedBlock::new(Vec::new()));
        }
        let (source, payload) = fetch_block(engine, block).await?;
        let decoder = view.start_run(&source);
        let (_, batches) = push_block(engine, decoder, source, block.clone(), payload).await?;
        batches.map(DecodedBlock::new)
    };
    match engine.options().cache.get_or_decode(key_of(view, block), decode).await {
        Ok(decoded) => Ok(DecodeOutcome::Decoded(decoded)),
        Err(Error::Corrupt { reason, .. }) => {
            quarantine(engine, view, block, &reason).await?;
            Ok(DecodeOutcome::Quarantined)
        }
        Err(error) => Err(error),
    }
}

fn key_of(view: &Arc<dyn View>, block: &BlockRecord) -> BlockKey {
    let definition = view.definition();
    BlockKey {
        tenant: block.tenant.clone(),
        block_id: block.block_id,
        view: definition.name,
        schema_version: definition.schema_version,
    }
}

/// [`decode_block`] as a task that goes on whether or not anybody polls for its result, and ends
/// when the handle is dropped. What is in the cache takes no task.
pub(crate) async fn decode_block_in_task(
    engine: Arc<Engine>,
    view: Arc<dyn View>,
    block: BlockRecord,
) -> Result<DecodeOutcome, Error> {
    if let Some(decoded) = engine.options().cache.get(&key_of(&view, &block)).await {
        return Ok(DecodeOutcome::Decoded(decoded));
    }
    let task = SpawnedTask::spawn(async move { decode_block(&engine, &view, &block).await });
    task.join_unwind().await.map_err(join_error)?
}

/// Everything that is needed to decode a block, in a task that goes on whether or not anybody
/// polls for its result.
pub(crate) async fn fetch_block_in_task(
    engine: Arc<Engine>,
    block: BlockRecord,
) -> (BlockRecord, Result<(Arc<StreamSource>, Payload), Error>) {
    let task = SpawnedTask::spawn({
        let block = block.clone();
        async move { fetch_block(&engine, &block).await }
    });
    let fetched = task.join_unwind().await.map_err(join_error).and_then(|fetched| fetched);
    (block, fetched)
}

fn join_error(error: tokio::task::JoinError) -> Error {
    DataFusionError::ExecutionJoin(Box::new(error)).into()
}

/// Everything that is needed to decode a block.
async fn fetch_block(
    engine: &Engine,
    block: &BlockRecord,
) -> Result<(Arc<StreamSource>, Payload), Error> {
    let source = engine.sources().fetch(engine.lakehouse(), block).await?;
    source.format(block)?;
    let payload = match engine.lakehouse().fetch_payload(block).await {
        Ok(payload) => payload,
        Err(error @ LakehouseError::Corrupt { .. }) => {
            return Err(Error::Corrupt { block: block.block_id, reason: error.to_string() });
        }
        Err(error) => return Err(error.into()),
    };
    Ok((source, payload))
}

/// Decodes one block away from the threads that serve I/O, and gives the decoder back: a run goes
/// on behind a block that cannot be decoded.
pub(crate) async fn push_block(
    engine: &Engine,
    mut decoder: Box<dyn RunDecoder>,
    source: Arc<StreamSource>,
    block: BlockRecord,
    payload: Payload,
) -> Result<(Box<dyn RunDecoder>, Result<Vec<RecordBatch>, Error>), Error> {
    let limits = engine.options().decode_limits.clone();
    let block_id = block.block_id;
    let permits = Arc::clone(engine.decoders());
    let task = SpawnedTask::spawn(async move {
        // The semaphore is never closed; should it be, decoding goes on without its limit.
        let permit = permits.acquire_owned().await.ok();
        let decode = SpawnedTask::spawn_blocking(move || {
            let batches = decode_payload(decoder.as_mut(), &source, &block, &payload, &limits);
            drop(permit);
            (decoder, batches)
        });
        decode.join().await
    });
    task.join_unwind().await.map_err(join_error)?.map_err(|error| match error.is_panic() {
        true => Error::Corrupt { block: block_id, reason: "the decoder panicked".to_owned() },
        false => join_error(error),
    })
}

#[span_fn]
fn decode_payload(
    decoder: &mut dyn RunDecoder,
    source: &StreamSource,
    block: &BlockRecord,
    payload: &Payload,
    limits: &Limits,
) -> Result<Vec<RecordBatch>, Error> {
    let corrupt = |reason: String| Error::Corrupt { block: block.block_id, reason };
    let content = match source.format(block)? {
        Format::Transit(plan) => {
            let open = plan.open(payload, limits).map_err(|error| corrupt(error.to_string()))?;
            Content::Transit(Box::new(open))
        }
        Format::Otlp(signal) => {
            Content::Otlp(Message::decode(*signal, payload, limits).map_err(corrupt)?)
        }
    };
    decoder.push(&BlockContent { record: block, content })
}

/// Puts a block that cannot be decoded where people find it. A block that has left the lake since
/// it was listed, or whose stream has, is none of those.
pub(crate) async fn quarantine(
    engine: &Engine,
    view: &Arc<dyn View>,
    block: &BlockRecord,
    reason: &str,
) -> Result<(), Error> {
    let name = view.definition().name;
    warn!(
        "block {} cannot be decoded for {name} and goes into quarantine: {reason}",
        block.block_id
    );
    let key = QuarantineKey {
        tenant: block.tenant.clone(),
        view: name.to_owned(),
        block_id: block.block_id,
    };
    match engine.lakehouse().store().quarantine_block(&key, reason).await {
        Ok(()) | Err(LakehouseError::NotFound { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
