//! `trace('trace id')`.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, col, lit};
use datafusion::prelude::DataFrame;
use futures::{StreamExt, stream};
use jsonb::RawJsonb;
use micromegas_lakehouse::Snapshot;
use micromegas_tracing::prelude::*;
use uuid::Uuid;

use super::computation::{Batches, Computation, Inputs};
use super::native_spans::NativeSpans;
use super::rows::Rows;
use super::trace_rows::{COLUMNS, TraceRows, TraceSpan};
use crate::clock::to_nanoseconds;
use crate::columns::{Column, jsonb_object, schema_of};
use crate::error::Error;
use crate::materialize::{DaemonOptions, Materializer};
use crate::scan::ViewScope;

/// How far from the first and the last time that is known spans of a trace are looked for first.
const MARGIN_NS: i64 = 10_000_000_000;
/// How many times as far next.
const MARGIN_FACTOR: i64 = 8;
/// What is farther than this is as good as everywhere.
const MARGIN_MAX_NS: i64 = 365 * 86_400 * 1_000_000_000;

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| schema_of(COLUMNS));

/// All spans of a trace, in whatever processes they are.
///
/// A native process says of some of its spans that they are in a trace: those that another process
/// called, and those that a trace began with. The spans inside them are in it too, up to those that
/// are in another trace.
#[derive(Debug)]
pub(crate) struct Trace {
    trace_id: u128,
}

impl Trace {
    pub(crate) const NAME: &'static str = "trace";
    pub(crate) const COLUMNS: &'static [Column] = COLUMNS;

    pub(crate) fn new(trace_id: u128) -> Self {
        Self { trace_id }
    }

    fn id(&self) -> Expr {
        lit(ScalarValue::FixedSizeBinary(16, Some(self.trace_id.to_be_bytes().to_vec())))
    }

    /// The processes in which the trace is, and the times between which they say so.
    async fn processes(&self, inputs: &Inputs) -> Result<BTreeMap<Uuid, (i64, i64)>> {
        let found = contexts(inputs)?
            .filter(col("trace_id").eq(self.id()))?
            .select(["process_id", "time"].map(col))?
            .collect()
            .await?;
        let mut processes = BTreeMap::new();
        for batch in &found {
            let rows = Rows::new(batch);
            for row in 0..rows.len() {
                let process_id = rows.text("process_id", row)?.parse::<Uuid>();
                let (Ok(process_id), Some(time)) = (process_id, rows.time("time", row)?) else {
                    continue;
                };
                let times: &mut (i64, i64) = processes.entry(process_id).or_insert((time, time));
                *times = (times.0.min(time), times.1.max(time));
            }
        }
        Ok(processes)
    }

    /// The spans of a process that are in the trace.
    ///
    /// They are looked for around the times at which the process has said that it is in the trace,
    /// and farther away for as long as a begin or an end is missing: a span begins while the one
    /// around it is open.
    async fn native_spans(
        &self,
        inputs: &Inputs,
        process_id: Uuid,
        (first, last): (i64, i64),
    ) -> Result<NativeSpans> {
        let mut margin = Some(MARGIN_NS);
        loop {
            let window =
                margin.map(|margin| (first.saturating_sub(margin), last.saturating_add(margin)));
            let mut spans = NativeSpans::default();
            spans.read_contexts(contexts(inputs)?, process_id, window).await?;
            let scope = ViewScope::Process(process_id);
            spans.read_events(inputs.table("async_events", scope)?, window).await?;
            spans.select(self.trace_id);
            if window.is_none() || spans.are_whole(self.trace_id) {
                return Ok(spans);
            }
            margin = margin.and_then(|margin| {
                margin.checked_mul(MARGIN_FACTOR).filter(|margin| *margin < MARGIN_MAX_NS)
            });
        }
    }

    /// Adds the spans of one native process.
    async fn add_native(
        &self,
        inputs: &Inputs,
        process_id: Uuid,
        times: (i64, i64),
        out: &mut TraceRows,
    ) -> Result<()> {
        let spans = self.native_spans(inputs, process_id, times).await?;
        let exe = exe_of(inputs, process_id).await?;
        let (process_id, none) = (process_id.to_string(), jsonb_object([]));
        for span in spans.selected() {
            let remote_parent = spans.remote_parent(span.span_id);
            let local_parent = (span.parent_span_id != 0).then_some(span.parent_span_id);
            out.add(
                self.trace_id,
                &TraceSpan {
                    span_id: span.span_id.to_be_bytes(),
                    parent_span_id: remote_parent.or(local_parent).map(i64::to_be_bytes),
                    process_id: &process_id,
                    stream_id: &span.stream_id,
                    exe: &exe,
                    begin: span.begin,
                    end: spans.end_of(span),
                    name: &span.name,
                    target: &span.target,
                    kind: if remote_parent.is_some() { "SERVER" } else { "INTERNAL" },
                    status: "UNSET",
                    properties: &none,
                    source: "native",
                },
            )?;
        }
        Ok(())
    }

    /// Adds the spans that OpenTelemetry sent.
    async fn add_otlp(&self, inputs: &Inputs, out: &mut TraceRows) -> Result<()> {
        let spans = inputs.table("otel_spans", ViewScope::Global)?;
        for batch in spans.filter(col("trace_id").eq(self.id()))?.collect().await? {
            let rows = Rows::new(&batch);
            for row in 0..rows.len() {
                let (Some(span_id), Some(begin)) =
                    (rows.id::<8>("span_id", row)?, rows.time("start_time", row)?)
                else {
                    continue;
                };
                let properties = rows.properties("properties", row)?;
                out.add(
                    self.trace_id,
                    &TraceSpan {
                        span_id,
                        parent_span_id: rows.id::<8>("parent_span_id", row)?,
                        process_id: rows.text("process_id", row)?,
                        stream_id: rows.text("stream_id", row)?,
                        exe: rows.text("exe", row)?,
                        begin,
                        end: rows.time("end_time", row)?,
                        name: rows.text("name", row)?,
                        target: &scope_name(properties),
                        kind: rows.text("kind", row)?,
                        status: rows.text("status", row)?,
                        properties,
                        source: "otlp",
                    },
                )?;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Computation for Trace {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(&SCHEMA)
    }

    fn time_columns(&self) -> Option<(&'static str, &'static str)> {
        Some(("begin", "end"))
    }

    async fn run(&self, inputs: Inputs) -> Result<Batches> {
        let mut out = TraceRows::new();
        let inputs = written_down(inputs).await?;
        for (process_id, times) in self.processes(&inputs).await? {
            self.add_native(&inputs, process_id, times, &mut out).await?;
        }
        self.add_otlp(&inputs, &mut out).await?;
        let batch = out.finish(Arc::clone(&SCHEMA))?;
        Ok(stream::iter([Ok(batch)]).boxed())
    }
}

/// What processes say about their spans, as of the snapshot.
fn contexts(inputs: &Inputs) -> Result<DataFrame> {
    let newest = to_nanoseconds(inputs.snapshot.insert_time);
    let newest = ScalarValue::TimestampNanosecond(Some(newest), Some("+00:00".into()));
    inputs.table("trace_contexts", ViewScope::Global)?.filter(col("insert_time").lt_eq(lit(newest)))
}

/// Writes down what processes say about their spans, as far as nobody has: whoever asks next looks
/// it up by the trace. What was written since the snapshot shows no other rows.
async fn written_down(inputs: Inputs) -> Result<Inputs> {
    let engine = &inputs.engine;
    let options = DaemonOptions {
        holder: format!("trace(), process {}", std::process::id()),
        cache: engine.options().cache.clone(),
        ..DaemonOptions::default()
    };
    let materializer = Materializer::of(Arc::clone(engine), options);
    for tenant in inputs.tenants.iter() {
        if let Err(error) = materializer.write_down(tenant, "trace_contexts").await {
            debug!("what processes say about traces is not written down: {error}");
        }
    }
    let now = engine.lakehouse().store().snapshot().await.map_err(Error::from)?;
    let snapshot = Snapshot { ledger_version: now.ledger_version, ..inputs.snapshot };
    Ok(Inputs { snapshot, ..inputs })
}

/// The program of a process.
async fn exe_of(inputs: &Inputs, process_id: Uuid) -> Result<String, Error> {
    for tenant in inputs.tenants.iter() {
        let store = inputs.engine.lakehouse().store();
        if let Some(process) = store.fetch_process(tenant, process_id).await? {
            return Ok(process.info.exe);
        }
    }
    Ok(String::new())
}

/// The instrumentation scope of a span.
fn scope_name(properties: &[u8]) -> String {
    let name = RawJsonb::new(properties).get_by_name("otel.scope.name", false).ok().flatten();
    name.and_then(|name| name.as_raw().as_str().ok().flatten().map(|text| text.into_owned()))
        .unwrap_or_default()
}
