//! Where events come from: a stream, its process and how to decode its blocks.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use micromegas_lakehouse::{
    BlockRecord, Lakehouse, ProcessRecord, Redaction, StreamRecord, Tenant,
};
use micromegas_transit::{LayoutHash, Limits, PlanCache, StreamPlan};
use moka::future::Cache;
use uuid::Uuid;

use crate::clock::{TickClock, to_nanoseconds};
use crate::columns::{ConstantColumn, constant_timestamp, jsonb_object};
use crate::error::Error;
use crate::otlp::Signal;

/// The format of blocks with layouts.
const TRANSIT: &str = "micromegas-transit";

/// How the payloads of a stream are read.
#[derive(Debug)]
pub(crate) enum Format {
    /// By the plan of the stream's layout.
    Transit(Arc<StreamPlan>),
    /// As a message of OpenTelemetry.
    Otlp(Signal),
}

/// A stream with its process and everything of them that many blocks share.
#[derive(Debug)]
pub(crate) struct StreamSource {
    pub(crate) process: ProcessRecord,
    pub(crate) stream: StreamRecord,
    format: Result<Format, String>,
    pub(crate) columns: SourceColumns,
    /// The label of its thread, if it is that of one: `name-id`, or the id alone if the thread has
    /// no name. Rules of redaction have been applied to both.
    pub(crate) thread_label: String,
}

/// The columns that are constant for a stream.
#[derive(Debug)]
pub(crate) struct SourceColumns {
    pub(crate) process_id: ConstantColumn,
    pub(crate) stream_id: ConstantColumn,
    pub(crate) exe: ConstantColumn,
    pub(crate) username: ConstantColumn,
    pub(crate) computer: ConstantColumn,
    pub(crate) process_properties: ConstantColumn,
}

impl SourceColumns {
    /// The columns with which the rows of most views begin: `process_id`, `stream_id`, `block_id`,
    /// `insert_time`, `exe`, `username` and `computer`.
    pub(crate) fn leading(&self, block: &BlockRecord, row_count: usize) -> Vec<ArrayRef> {
        vec![
            self.process_id.column(row_count),
            self.stream_id.column(row_count),
            ConstantColumn::symbol(&block.block_id.to_string()).column(row_count),
            constant_timestamp(to_nanoseconds(block.insert_time), row_count),
            self.exe.column(row_count),
            self.username.column(row_count),
            self.computer.column(row_count),
        ]
    }
}

impl StreamSource {
    /// How payloads of the stream are read, or why they are not: then no block of the stream can
    /// be decoded.
    pub(crate) fn format(&self, block: &BlockRecord) -> Result<&Format, Error> {
        match &self.format {
            Ok(format) => Ok(format),
            Err(reason) => Err(Error::Corrupt { block: block.block_id, reason: reason.clone() }),
        }
    }

    /// Whether the stream may have events of a type; where that is not known, it may.
    pub(crate) fn has_event_type(&self, name: &str) -> bool {
        match &self.format {
            Ok(Format::Transit(plan)) => plan.event_types().any(|kind| kind.name == name),
            Ok(Format::Otlp(_)) | Err(_) => true,
        }
    }

    /// The signal of OpenTelemetry that the stream carries, if it does.
    pub(crate) fn signal(&self) -> Option<Signal> {
        match &self.format {
            Ok(Format::Otlp(signal)) => Some(*signal),
            _ => None,
        }
    }

    /// The clock for the events of a block: that of the process if it knows its frequency, else
    /// the line through the block's own two points.
    pub(crate) fn clock(&self, block: &BlockRecord) -> TickClock {
        let info = &self.process.info;
        if info.tsc_frequency > 0 {
            return TickClock::new(info.start_time, info.start_ticks, info.tsc_frequency);
        }
        let absolute = |relative: i64| info.start_ticks.saturating_add(relative);
        TickClock::through(
            (block.begin_time, absolute(block.begin_ticks)),
            (block.end_time, absolute(block.end_ticks)),
        )
    }
}

/// Stream sources by identity. Streams and processes never change once they are stored, so
/// entries are only ever evicted for space.
#[derive(Debug)]
pub(crate) struct SourceCache {
    sources: Cache<(Tenant, Uuid), Arc<StreamSource>>,
    plans: PlanCache,
    redaction: Redaction,
}

impl SourceCache {
    /// An empty cache; layouts are compiled within `limits`.
    pub(crate) fn new(limits: Limits, redaction: Redaction) -> Self {
        Self { sources: Cache::new(16_384), plans: PlanCache::new(limits, 1_024), redaction }
    }

    /// The source of a block.
    pub(crate) async fn fetch(
        &self,
        lakehouse: &Lakehouse,
        block: &BlockRecord,
    ) -> Result<Arc<StreamSource>, Error> {
        let key = (block.tenant.clone(), block.stream_id);
        let load = self.load(lakehouse, block);
        self.sources.try_get_with(key, load).await.map_err(|error| Error::clone(&error))
    }

    async fn load(
        &self,
        lakehouse: &Lakehouse,
        block: &BlockRecord,
    ) -> Result<Arc<StreamSource>, Error> {
        let store = lakehouse.store();
        let missing = |what: &str, id: Uuid| {
            let reason = format!("its {what} {id} is not in the lake");
            Error::Corrupt { block: block.block_id, reason }
        };
        let stream = store
            .fetch_stream(&block.tenant, block.stream_id)
            .await?
            .ok_or_else(|| missing("stream", block.stream_id))?;
        let process = store
            .fetch_process(&block.tenant, block.process_id)
            .await?
            .ok_or_else(|| missing("process", block.process_id))?;
        let format = if stream.format == TRANSIT {
            self.plan(lakehouse, stream.layout).await?.map(Format::Transit)
        } else if let Some(signal) = Signal::of_format(&stream.format) {
            Ok(Format::Otlp(signal))
        } else {
            Err(format!("its stream has the format {:?}, which is not known here", stream.format))
        };
        let info = &process.info;
        let properties = info.properties.iter().map(|(k, v)| (k.as_str(), v.as_str()));
        let columns = SourceColumns {
            process_id: ConstantColumn::symbol(&info.process_id.to_string()),
            stream_id: ConstantColumn::symbol(&stream.stream_id.to_string()),
            exe: ConstantColumn::symbol(&info.exe),
            username: ConstantColumn::symbol(&info.username),
            computer: ConstantColumn::symbol(&info.computer),
            process_properties: ConstantColumn::properties(&jsonb_object(properties)),
        };
        let thread_label = self.thread_label(&stream);
        Ok(Arc::new(StreamSource { process, stream, format, columns, thread_label }))
    }

    fn thread_label(&self, stream: &StreamRecord) -> String {
        let property = |name: &str| {
            let value = stream.properties.get(name)?;
            self.redaction.apply(name, value)
        };
        let id = property("thread-id").unwrap_or_default();
        match property("thread-name").unwrap_or_default().as_str() {
            "" => id,
            name => format!("{name}-{id}"),
        }
    }

    /// The plan of a layout, or the reason why the layout makes no sense.
    pub(crate) async fn plan(
        &self,
        lakehouse: &Lakehouse,
        hash: LayoutHash,
    ) -> Result<Result<Arc<StreamPlan>, String>, Error> {
        if let Some(plan) = self.plans.get(hash) {
            return Ok(Ok(plan));
        }
        let layout = lakehouse.store().fetch_layout(hash).await?;
        let plan = self.plans.compile(&layout);
        Ok(plan.map_err(|error| format!("the layout of its stream is not usable: {error}")))
    }
}
