//! Batches out of runs of fresh blocks.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use micromegas_lakehouse::BlockRecord;

use super::decode::{
    DecodeOutcome, decode_block_in_task, fetch_block_in_task, push_block, quarantine,
};
use super::fresh_exec::Run;
use crate::engine::Engine;
use crate::error::Error;
use crate::view::{Continuity, RunDecoder, View};

/// The rows of these runs. Blocks that cannot be decoded go into quarantine and have no rows.
pub(crate) fn decode_runs(
    engine: Arc<Engine>,
    view: Arc<dyn View>,
    runs: Arc<[Run]>,
) -> BoxStream<'static, Result<RecordBatch, Error>> {
    match view.definition().continuity {
        Continuity::Block => decode_blocks(engine, view, &runs),
        Continuity::Stream => {
            let runs: Vec<Run> = runs.to_vec();
            stream::iter(runs)
                .flat_map(move |run| decode_run(Arc::clone(&engine), Arc::clone(&view), run))
                .boxed()
        }
    }
}

/// Blocks that have nothing to do with each other: several at a time, through the cache.
fn decode_blocks(
    engine: Arc<Engine>,
    view: Arc<dyn View>,
    runs: &[Run],
) -> BoxStream<'static, Result<RecordBatch, Error>> {
    let blocks: Vec<BlockRecord> = runs.iter().flatten().cloned().collect();
    let ahead = engine.options().fetch_ahead.max(1);
    stream::iter(blocks)
        .map(move |block| decode_block_in_task(Arc::clone(&engine), Arc::clone(&view), block))
        .buffered(ahead)
        .map_ok(|outcome| {
            let batches = match outcome {
                DecodeOutcome::Decoded(block) => block.batches.clone(),
                DecodeOutcome::Quarantined => Vec::new(),
            };
            stream::iter(batches.into_iter().map(Ok))
        })
        .try_flatten()
        .boxed()
}

/// The blocks of one stream: fetched ahead, decoded one after the other.
fn decode_run(
    engine: Arc<Engine>,
    view: Arc<dyn View>,
    run: Run,
) -> BoxStream<'static, Result<RecordBatch, Error>> {
    let ahead = engine.options().fetch_ahead.max(1);
    let fetch_engine = Arc::clone(&engine);
    let fetched = stream::iter(run)
        .map(move |block| fetch_block_in_task(Arc::clone(&fetch_engine), block))
        .buffered(ahead)
        .boxed();
    let state = RunState { engine, view, fetched, decoder: None, finished: false };
    stream::try_unfold(state, RunState::step).try_flatten().boxed()
}

/// A run between two blocks.
struct RunState {
    engine: Arc<Engine>,
    view: Arc<dyn View>,
    fetched: BoxStream<'static, (BlockRecord, Result<Fetched, Error>)>,
    decoder: Option<Box<dyn RunDecoder>>,
    finished: bool,
}

type Fetched = (Arc<crate::source::StreamSource>, micromegas_transit::Payload);
type Batches = BoxStream<'static, Result<RecordBatch, Error>>;

impl RunState {
    /// The rows of the next block, or those of the end of the run.
    async fn step(mut self) -> Result<Option<(Batches, Self)>, Error> {
        if self.finished {
            return Ok(None);
        }
        let batches = match self.fetched.next().await {
            Some((block, fetched)) => self.decode(block, fetched).await?,
            None => {
                self.finished = true;
                match &mut self.decoder {
                    Some(decoder) => decoder.finish()?,
                    None => Vec::new(),
                }
            }
        };
        Ok(Some((stream::iter(batches.into_iter().map(Ok)).boxed(), self)))
    }

    async fn decode(
        &mut self,
        block: BlockRecord,
        fetched: Result<Fetched, Error>,
    ) -> Result<Vec<RecordBatch>, Error> {
        let decoded = match fetched {
            Ok((source, payload)) => {
                let decoder = match self.decoder.take() {
                    Some(decoder) => decoder,
                    None => self.view.start_run(&source),
                };
                let (decoder, batches) =
                    push_block(&self.engine, decoder, source, block.clone(), payload).await?;
                self.decoder = Some(decoder);
                batches
            }
            Err(error) => Err(error),
        };
        match decoded {
            Err(Error::Corrupt { reason, .. }) => {
                quarantine(&self.engine, &self.view, &block, &reason).await?;
                Ok(Vec::new())
            }
            other => other,
        }
    }
}
