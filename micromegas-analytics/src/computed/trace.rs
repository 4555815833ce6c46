//! `trace('trace id')`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{col, lit};
use futures::{StreamExt, stream};
use jsonb::RawJsonb;
use uuid::Uuid;

use super::computation::{Batches, Computation, Inputs};
use super::rows::Rows;
use super::trace_rows::{COLUMNS, TraceRows, TraceSpan};
use crate::columns::{Column, jsonb_object, schema_of};
use crate::error::Error;
use crate::scan::ViewScope;

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

/// The spans of a process that are in some trace, each with it and the span of another process
/// around it.
#[derive(Debug, Default)]
struct Contexts {
    spans: HashMap<i64, (u128, i64)>,
}

impl Trace {
    pub(crate) const NAME: &'static str = "trace";
    pub(crate) const COLUMNS: &'static [Column] = COLUMNS;

    pub(crate) fn new(trace_id: u128) -> Self {
        Self { trace_id }
    }

    /// What the processes in which the trace is say about their spans.
    async fn contexts(&self, inputs: &Inputs) -> Result<BTreeMap<Uuid, Contexts>> {
        let id = ScalarValue::FixedSizeBinary(16, Some(self.trace_id.to_be_bytes().to_vec()));
        let found = inputs
            .table("trace_contexts", ViewScope::Global)?
            .filter(col("trace_id").eq(lit(id)))?
            .select(vec![col("process_id")])?
            .collect()
            .await?;
        let mut process_ids = BTreeSet::new();
        for batch in &found {
            let rows = Rows::new(batch);
            for row in 0..rows.len() {
                process_ids.extend(rows.text("process_id", row)?.parse::<Uuid>());
            }
        }
        let mut contexts = BTreeMap::new();
        for process_id in process_ids {
            let columns = ["trace_id", "span_id", "remote_parent_span_id"].map(col);
            let table = inputs.table("trace_contexts", ViewScope::Process(process_id))?;
            let mut of_process = Contexts::default();
            for batch in table.select(columns)?.collect().await? {
                let rows = Rows::new(&batch);
                for row in 0..rows.len() {
                    let trace_id = rows.id::<16>("trace_id", row)?.map_or(0, u128::from_be_bytes);
                    let parent = rows.integer("remote_parent_span_id", row)?;
                    let span_id = rows.integer("span_id", row)?;
                    of_process.spans.insert(span_id, (trace_id, parent));
                }
            }
            contexts.insert(process_id, of_process);
        }
        Ok(contexts)
    }

    /// Adds the spans of one native process.
    async fn add_native(
        &self,
        inputs: &Inputs,
        process_id: Uuid,
        contexts: &Contexts,
        out: &mut TraceRows,
    ) -> Result<()> {
        let batches =
            inputs.table("async_spans", ViewScope::Process(process_id))?.collect().await?;
        let members = self.members(&batches, contexts)?;
        let exe = exe_of(inputs, process_id).await?;
        let (process_id, none) = (process_id.to_string(), jsonb_object([]));
        for batch in &batches {
            let rows = Rows::new(batch);
            for row in 0..rows.len() {
                let span_id = rows.integer("span_id", row)?;
                let (true, Some(begin)) = (members.contains(&span_id), rows.time("begin", row)?)
                else {
                    continue;
                };
                let remote_parent =
                    contexts.spans.get(&span_id).map(|(_, parent)| *parent).filter(|id| *id != 0);
                let local_parent = rows.integer("parent_span_id", row)?;
                let local_parent = (local_parent != 0).then_some(local_parent);
                out.add(
                    self.trace_id,
                    &TraceSpan {
                        span_id: span_id.to_be_bytes(),
                        parent_span_id: remote_parent.or(local_parent).map(i64::to_be_bytes),
                        process_id: &process_id,
                        stream_id: rows.text("stream_id", row)?,
                        exe: &exe,
                        begin,
                        end: rows.time("end", row)?,
                        name: rows.text("name", row)?,
                        target: rows.text("target", row)?,
                        kind: if remote_parent.is_some() { "SERVER" } else { "INTERNAL" },
                        status: "UNSET",
                        properties: &none,
                        source: "native",
                    },
                )?;
            }
        }
        Ok(())
    }

    /// The spans that are in the trace, of the spans of one process.
    fn members(&self, batches: &[RecordBatch], contexts: &Contexts) -> Result<HashSet<i64>> {
        let mut children: HashMap<i64, Vec<i64>> = HashMap::new();
        for batch in batches {
            let rows = Rows::new(batch);
            for row in 0..rows.len() {
                let parent = rows.integer("parent_span_id", row)?;
                children.entry(parent).or_default().push(rows.integer("span_id", row)?);
            }
        }
        let is_here = |id: &i64| {
            contexts.spans.get(id).is_some_and(|(trace_id, _)| *trace_id == self.trace_id)
        };
        let mut open: Vec<i64> = contexts.spans.keys().copied().filter(is_here).collect();
        let mut members: HashSet<i64> = open.iter().copied().collect();
        while let Some(span_id) = open.pop() {
            for child in children.get(&span_id).into_iter().flatten() {
                let is_elsewhere = contexts.spans.contains_key(child) && !is_here(child);
                if !is_elsewhere && members.insert(*child) {
                    open.push(*child);
                }
            }
        }
        Ok(members)
    }

    /// Adds the spans that OpenTelemetry sent.
    async fn add_otlp(&self, inputs: &Inputs, out: &mut TraceRows) -> Result<()> {
        let id = ScalarValue::FixedSizeBinary(16, Some(self.trace_id.to_be_bytes().to_vec()));
        let spans = inputs.table("otel_spans", ViewScope::Global)?;
        for batch in spans.filter(col("trace_id").eq(lit(id)))?.collect().await? {
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
        for (process_id, contexts) in self.contexts(&inputs).await? {
            self.add_native(&inputs, process_id, &contexts, &mut out).await?;
        }
        self.add_otlp(&inputs, &mut out).await?;
        let batch = out.finish(Arc::clone(&SCHEMA))?;
        Ok(stream::iter([Ok(batch)]).boxed())
    }
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
