//! The server's own telemetry, put into its own lake without a detour over the network.
//!
//! Nothing on this way records anything: not this sink, not the lake. So taking the server's own
//! telemetry makes no more of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use micromegas_lakehouse::{Error, Lake, Tenant};
use micromegas_tracing::{EventBlock, EventSink};
use micromegas_transit::{Block, Payload, ProcessInfo, StreamInfo, compress_frame};
use tokio::sync::mpsc;

/// How many documents wait for the lake at most; more are dropped and counted.
const WAITING_MAX: usize = 256;

/// How often a document is tried while the lake does not take it.
const ATTEMPTS: u32 = 5;

/// The pause after the first attempt; it doubles.
const PAUSE: Duration = Duration::from_millis(200);

/// How long the rest may take when the server ends.
const GRACE_PERIOD: Duration = Duration::from_secs(2);

/// Something to put into the lake.
#[derive(Debug)]
enum Document {
    Process(Arc<ProcessInfo>),
    Stream(Arc<StreamInfo>),
    Block(Arc<StreamInfo>, Box<EventBlock>),
}

/// What recording gives its events to.
#[derive(Debug)]
pub(crate) struct OwnSink {
    queue: mpsc::Sender<Document>,
    dropped: AtomicU64,
}

impl OwnSink {
    fn put(&self, document: Document) {
        if self.queue.try_send(document).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl EventSink for OwnSink {
    fn on_process(&self, process: &Arc<ProcessInfo>) {
        self.put(Document::Process(Arc::clone(process)));
    }

    fn on_stream(&self, stream: &Arc<StreamInfo>) {
        self.put(Document::Stream(Arc::clone(stream)));
    }

    fn on_block(&self, stream: &Arc<StreamInfo>, block: EventBlock) {
        self.put(Document::Block(Arc::clone(stream), Box::new(block)));
    }
}

/// The way of the server's own telemetry into its lake, which comes later than the first events.
#[derive(Debug)]
pub(crate) struct OwnTelemetry {
    sink: Arc<OwnSink>,
    waiting: Mutex<Option<mpsc::Receiver<Document>>>,
}

impl OwnTelemetry {
    pub(crate) fn new() -> Self {
        let (queue, waiting) = mpsc::channel(WAITING_MAX);
        let sink = Arc::new(OwnSink { queue, dropped: AtomicU64::new(0) });
        Self { sink, waiting: Mutex::new(Some(waiting)) }
    }

    /// Where recording puts its events.
    pub(crate) fn sink(&self) -> Arc<dyn EventSink> {
        Arc::clone(&self.sink) as _
    }

    /// Puts what comes into this lake, until it is told to stop, and then what is waiting still.
    pub(crate) async fn deliver(&self, lake: Lake, stop: impl Future<Output = ()>) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut waiting) = waiting else { return };
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                next = waiting.recv() => match next {
                    Some(document) => self.store(&lake, document).await,
                    None => return,
                },
                () = &mut stop => break,
            }
        }
        let rest = async {
            while let Ok(document) = waiting.try_recv() {
                self.store(&lake, document).await;
            }
        };
        // What takes longer is lost, as it is when the server is killed.
        let _ = tokio::time::timeout(GRACE_PERIOD, rest).await;
    }

    async fn store(&self, lake: &Lake, document: Document) {
        let tenant = Tenant::default();
        let block = match &document {
            Document::Block(stream, block) => Some(pack(stream, block)),
            _ => None,
        };
        let mut pause = PAUSE;
        for _ in 0..ATTEMPTS {
            let stored = match (&document, &block) {
                (Document::Process(info), _) => {
                    lake.insert_process(&tenant, ProcessInfo::clone(info)).await
                }
                (Document::Stream(info), _) => {
                    lake.insert_stream(&tenant, StreamInfo::clone(info)).await
                }
                (Document::Block(..), Some(block)) => {
                    lake.insert_block(&tenant, block.clone()).await
                }
                (Document::Block(..), None) => Ok(()),
            };
            match stored {
                Err(Error::Unavailable { .. }) => tokio::time::sleep(pause).await,
                Err(_) => break,
                Ok(()) => return,
            }
            pause *= 2;
        }
        self.sink.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

fn pack(stream: &StreamInfo, block: &EventBlock) -> Block {
    let payload = Payload {
        dependencies: Bytes::from(compress_frame(&block.dependencies)),
        objects: Bytes::from(compress_frame(&block.objects)),
    };
    Block {
        block_id: block.block_id,
        stream_id: stream.stream_id,
        process_id: stream.process_id,
        begin_time: block.begin_time,
        begin_ticks: block.begin_ticks,
        end_time: block.end_time,
        end_ticks: block.end_ticks,
        payload: payload.to_raw(),
        object_offset: block.object_offset,
        event_count: block.event_count,
        event_ticks: Some(block.event_ticks),
        skipped_events: block.skipped_events,
    }
}

#[cfg(test)]
mod tests {
    use micromegas_lakehouse::{BlockFilter, LakeOptions, Lakehouse};
    use micromegas_telemetry_sink::TelemetryBuilder;
    use micromegas_tracing::prelude::*;

    use super::*;

    /// The only test of this binary that records.
    #[tokio::test(flavor = "multi_thread")]
    async fn what_the_server_records_is_in_its_lake_and_taking_it_records_nothing() {
        let own = Arc::new(OwnTelemetry::new());
        let guard = TelemetryBuilder::new().with_sink(own.sink()).build().unwrap();
        info!("before the lake is open");
        let lakehouse = Lakehouse::in_memory();
        let lake = Lake::new(lakehouse.clone(), LakeOptions::default());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let delivering = tokio::spawn({
            let own = Arc::clone(&own);
            async move {
                own.deliver(lake, async {
                    let _ = stopped.await;
                })
                .await;
            }
        });
        let count = async || {
            let tenants = [Tenant::default()];
            let store = lakehouse.store();
            let filter = BlockFilter { tag: Some("log".to_owned()), ..BlockFilter::default() };
            store.list_blocks(&tenants, &filter, 1_000).await.unwrap().len()
        };
        assert!(guard.flush(Duration::from_secs(5)));
        let deadline = std::time::Instant::now() + Duration::from_secs(10);
        while count().await == 0 {
            assert!(std::time::Instant::now() < deadline, "nothing arrives");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // Storing that has recorded nothing, so there is nothing more to store.
        let before = count().await;
        for _ in 0..3 {
            assert!(guard.flush(Duration::from_secs(5)));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(count().await, before);
        assert_eq!(own.sink.dropped.load(Ordering::Relaxed), 0);
        drop(stop);
        delivering.await.unwrap();
    }
}
