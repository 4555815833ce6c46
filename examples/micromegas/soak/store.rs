//! The server of a soak: decodes what it is sent, counts it, and keeps the counts.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::post;
use micromegas_transit::planar::{ACCEPT_HEADER, accept_value};
use micromegas_transit::{Block, Limits, PlanCache, StreamInfo, StreamPlan};
use tokio::net::TcpListener;
use uuid::Uuid;

use super::load::Tally;
use super::stall::Stall;

/// How many layouts are kept compiled; a process of ours has three.
const PLANS_MAX: usize = 16;

/// What has arrived.
#[derive(Debug)]
pub(crate) struct Store {
    stall: Option<Stall>,
    limits: Limits,
    plans: PlanCache,
    arrived: Mutex<Arrived>,
}

/// The counts, and what is needed to make them.
#[derive(Debug, Default)]
struct Arrived {
    streams: HashMap<Uuid, Arc<StreamPlan>>,
    blocks: HashSet<Uuid>,
    tally: Tally,
    /// Events that the blocks declare as missing before them.
    skipped: u64,
    failures: Vec<String>,
}

/// The final account of what has arrived.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) tally: Tally,
    pub(crate) blocks: u64,
    pub(crate) skipped: u64,
    /// What could not be read; empty unless something is wrong.
    pub(crate) failures: Vec<String>,
}

impl Store {
    /// Starts a server on a free port; its base URL and the store behind it.
    pub(crate) async fn serve(stall: Option<Stall>) -> Result<(String, Arc<Self>)> {
        let limits = Limits::default();
        let plans = PlanCache::new(limits.clone(), PLANS_MAX);
        let store = Arc::new(Self { stall, limits, plans, arrived: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no free port")?;
        let url = format!("http://{}", listener.local_addr()?);
        let app = Router::new()
            .route("/ingestion/insert_process", post(|| async { answer(StatusCode::OK) }))
            .route("/ingestion/insert_stream", post(insert_stream))
            .route("/ingestion/insert_block", post(insert_block))
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&store));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok((url, store))
    }

    fn lock(&self) -> MutexGuard<'_, Arrived> {
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What has arrived so far.
    pub(crate) fn account(&self) -> Stored {
        let arrived = self.lock();
        Stored {
            tally: arrived.tally,
            blocks: arrived.blocks.len() as u64,
            skipped: arrived.skipped,
            failures: arrived.failures.clone(),
        }
    }

    fn take_stream(&self, body: Bytes) -> Result<()> {
        let stream = StreamInfo::from_cbor(body)?;
        let plan = self.plans.compile(&stream.layout)?;
        self.lock().streams.insert(stream.stream_id, plan);
        Ok(())
    }

    /// Counts a block, unless it has arrived before: clients send again what was not answered.
    fn take_block(&self, body: Bytes) -> Result<()> {
        let block = Block::from_cbor(body)?;
        let plan = self.lock().streams.get(&block.stream_id).cloned();
        let tally = self.count(&*plan.context("the block came before its stream")?, &block)?;
        let mut arrived = self.lock();
        if arrived.blocks.insert(block.block_id) {
            arrived.tally += tally;
            arrived.skipped += block.skipped_events;
        }
        Ok(())
    }

    /// Decodes the block: what is counted are events that can be read.
    fn count(&self, plan: &StreamPlan, block: &Block) -> Result<Tally> {
        let payload = block.payload.open()?;
        let open = plan.open(&payload, &self.limits)?;
        let spans =
            open.thread_spans().columns.ticks.len() + open.async_spans().columns.ticks.len();
        let tally = Tally {
            logs: open.logs().columns.ticks.len() as u64,
            metrics: open.metrics().columns.ticks.len() as u64,
            span_events: spans as u64,
        };
        ensure!(tally.total() == u64::try_from(block.event_count)?, "a block lacks events");
        Ok(tally)
    }

    /// Says 200 to what was read; a failure is kept for the account.
    fn settle(&self, outcome: Result<()>) -> Answer {
        match outcome {
            Ok(()) => answer(StatusCode::OK),
            Err(error) => {
                self.lock().failures.push(format!("{error:#}"));
                answer(StatusCode::BAD_REQUEST)
            }
        }
    }

    async fn wait(&self) {
        if let Some(stall) = self.stall {
            tokio::time::sleep(stall.time_left()).await;
        }
    }
}

type Answer = (StatusCode, [(&'static str, &'static str); 1]);

fn answer(status: StatusCode) -> Answer {
    (status, [(ACCEPT_HEADER, accept_value())])
}

async fn insert_stream(State(store): State<Arc<Store>>, body: Bytes) -> Answer {
    store.wait().await;
    store.settle(store.take_stream(body))
}

async fn insert_block(State(store): State<Arc<Store>>, body: Bytes) -> Answer {
    store.wait().await;
    store.settle(store.take_block(body))
}
