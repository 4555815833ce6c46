//! `call_graph('process id', begin, end)`.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use datafusion::arrow::array::{
    ArrayRef, AsArray, DictionaryArray, Int64Array, RecordBatch, StringDictionaryBuilder,
    UInt32Array, UInt64Array,
};
use datafusion::arrow::datatypes::{
    Int32Type, Int64Type, SchemaRef, TimestampNanosecondType, UInt32Type,
};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{col, lit};
use futures::{StreamExt, TryStreamExt, stream};
use micromegas_lakehouse::{RecordKey, StreamFilter};
use uuid::Uuid;

use super::computation::{Batches, Computation, Inputs};
use super::graph::{Calls, Graph, GraphSpan};
use crate::columns::{Column, ColumnKind, schema_of};
use crate::error::Error;
use crate::scan::ViewScope;
use crate::spans::{Scope, ScopeTable};

/// Streams are listed in pages of this many.
const PAGE_LENGTH: usize = 1_000;

const COLUMNS: &[Column] = &[
    Column::new(
        "kind",
        ColumnKind::Symbol,
        "`thread`, `node` for a function, or `edge` for the calls of one by another.",
    ),
    Column::new("hash", ColumnKind::UInt32, "A hash of the scope: name, file, target and line."),
    Column::new("name", ColumnKind::Symbol, "The function, or the thread."),
    Column::new("target", ColumnKind::Symbol, "The module or category of the function."),
    Column::new("filename", ColumnKind::Symbol, "The source file of the function."),
    Column::new("line", ColumnKind::UInt32, "The source line of the function."),
    Column::new("caller_hash", ColumnKind::UInt32, "The hash of the caller; NULL but in edges.")
        .nullable(),
    Column::new("caller_name", ColumnKind::Symbol, "The name of the caller; NULL but in edges.")
        .nullable(),
    Column::new("calls", ColumnKind::UInt64, "The number of calls in the range of time."),
    Column::new(
        "total",
        ColumnKind::Int64,
        "Nanoseconds in calls, within the range; of recursive calls the outermost count.",
    ),
    Column::new("self", ColumnKind::Int64, "Nanoseconds in calls, but not in calls from there."),
    Column::new("min", ColumnKind::Int64, "Nanoseconds of the shortest call, within the range."),
    Column::new("max", ColumnKind::Int64, "Nanoseconds of the longest call, within the range."),
];

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| schema_of(COLUMNS));

/// Who calls whom in a process, how often and for how long.
#[derive(Debug)]
pub(crate) struct CallGraph {
    process_id: Uuid,
    begin_ns: i64,
    end_ns: i64,
}

impl CallGraph {
    pub(crate) const NAME: &'static str = "call_graph";
    pub(crate) const COLUMNS: &'static [Column] = COLUMNS;

    /// Of a process, from the first time to the second.
    pub(crate) fn new(process_id: Uuid, begin_ns: i64, end_ns: i64) -> Self {
        Self { process_id, begin_ns, end_ns }
    }

    /// The streams of the process's threads.
    async fn streams(&self, inputs: &Inputs) -> Result<Vec<Uuid>, Error> {
        let mut filter = StreamFilter {
            process_ids: Some(vec![self.process_id]),
            tag: Some("cpu".to_owned()),
            ..StreamFilter::default()
        };
        let mut ids = Vec::new();
        loop {
            let store = inputs.engine.lakehouse().store();
            let page = store.list_streams(&inputs.tenants, &filter, PAGE_LENGTH).await?;
            ids.extend(page.iter().map(|stream| stream.stream_id));
            match page.last() {
                Some(last) if page.len() == PAGE_LENGTH => {
                    filter.after = Some(RecordKey::new(last.tenant.clone(), last.stream_id));
                }
                _ => break,
            }
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    /// Adds the spans of a batch that are in the range, clipped to it.
    fn add_batch(
        &self,
        batch: &RecordBatch,
        scopes: &mut ScopeTable,
        spans: &mut Vec<GraphSpan>,
    ) -> Result<()> {
        let unexpected = || DataFusionError::Internal("spans have other columns".to_owned());
        let column = |index: usize| batch.column(index);
        let id = column(0).as_primitive_opt::<Int64Type>().ok_or_else(unexpected)?;
        let depth = column(1).as_primitive_opt::<UInt32Type>().ok_or_else(unexpected)?;
        let hash = column(2).as_primitive_opt::<UInt32Type>().ok_or_else(unexpected)?;
        let line = column(3).as_primitive_opt::<UInt32Type>().ok_or_else(unexpected)?;
        let time = |index: usize| {
            column(index).as_primitive_opt::<TimestampNanosecondType>().ok_or_else(unexpected)
        };
        let (begin, end) = (time(4)?, time(5)?);
        let symbols = |index: usize| -> Result<&DictionaryArray<Int32Type>> {
            column(index).as_dictionary_opt::<Int32Type>().ok_or_else(unexpected)
        };
        let [name, target, file] = [symbols(6)?, symbols(7)?, symbols(8)?];
        let text = |symbols: &DictionaryArray<Int32Type>, row: usize| -> Arc<str> {
            let values = symbols.values().as_string_opt::<i32>();
            values.zip(symbols.key(row)).map_or("", |(values, key)| values.value(key)).into()
        };
        let mut numbers = HashMap::new();
        for row in 0..batch.num_rows() {
            let key = ([name, target, file].map(|symbols| symbols.key(row)), line.value(row));
            let function = *numbers.entry(key).or_insert_with(|| {
                scopes.number(Scope {
                    name: text(name, row),
                    target: text(target, row),
                    file: text(file, row),
                    line: line.value(row),
                    hash: hash.value(row),
                })
            });
            let (begin, end) =
                (begin.value(row).max(self.begin_ns), end.value(row).min(self.end_ns));
            let duration = end.saturating_sub(begin).max(0);
            spans.push(GraphSpan {
                id: id.value(row),
                depth: depth.value(row),
                function,
                duration,
            });
        }
        Ok(())
    }

    /// The spans of one thread that overlap the range.
    async fn thread(
        &self,
        inputs: &Inputs,
        stream_id: Uuid,
        scopes: &mut ScopeTable,
    ) -> Result<Vec<GraphSpan>> {
        let names = ["id", "depth", "hash", "line", "begin", "end", "name", "target", "filename"];
        let time = |ns: i64| lit(ScalarValue::TimestampNanosecond(Some(ns), Some("+00:00".into())));
        let mut batches = inputs
            .table("thread_spans", ViewScope::Stream(stream_id))?
            .filter(col("begin").lt(time(self.end_ns)))?
            .filter(col("end").gt_eq(time(self.begin_ns)))?
            .select(names.map(col))?
            .execute_stream()
            .await?;
        let mut spans = Vec::new();
        while let Some(batch) = batches.try_next().await? {
            self.add_batch(&batch, scopes, &mut spans)?;
        }
        Ok(spans)
    }
}

#[async_trait]
impl Computation for CallGraph {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(&SCHEMA)
    }

    /// The range is among the arguments.
    fn time_columns(&self) -> Option<(&'static str, &'static str)> {
        None
    }

    /// One thread after the other is in memory.
    async fn run(&self, inputs: Inputs) -> Result<Batches> {
        let (mut graph, mut scopes) = (Graph::default(), ScopeTable::default());
        for stream_id in self.streams(&inputs).await? {
            let mut spans = self.thread(&inputs, stream_id, &mut scopes).await?;
            graph.add_thread(&mut spans);
        }
        let batch = rows(&graph, scopes.scopes())?;
        Ok(stream::iter([Ok(batch)]).boxed())
    }
}

/// Nodes by their total time, the longest first, then edges likewise.
fn rows(graph: &Graph, scopes: &[Scope]) -> Result<RecordBatch> {
    let nodes = graph.nodes.iter().map(|(callee, calls)| (None, *callee, *calls));
    let edges = graph.edges.iter().map(|((caller, callee), c)| (Some(*caller), *callee, *c));
    let mut rows: Vec<(Option<u32>, u32, Calls)> = nodes.chain(edges).collect();
    rows.sort_by_key(|(caller, callee, calls)| {
        (caller.is_some(), std::cmp::Reverse(calls.total), *callee, *caller)
    });
    let scope = |number: u32| &scopes[number as usize];
    let symbols = |texts: Vec<Option<&str>>| -> ArrayRef {
        let mut builder = StringDictionaryBuilder::<Int32Type>::new();
        texts.into_iter().for_each(|text| builder.append_option(text));
        Arc::new(builder.finish())
    };
    let callees = |text: fn(&Scope) -> &str| {
        symbols(rows.iter().map(|(_, callee, _)| Some(text(scope(*callee)))).collect())
    };
    let numbers = |of: fn(&Scope) -> u32| -> ArrayRef {
        let values = rows.iter().map(|(_, callee, _)| of(scope(*callee)));
        Arc::new(UInt32Array::from_iter_values(values))
    };
    let times = |of: fn(&Calls) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|(_, _, calls)| of(calls))))
    };
    // Threads have no place in the source.
    let kind = |caller: &Option<u32>, callee: &u32| match caller {
        Some(_) => "edge",
        None if scope(*callee).is_thread() => "thread",
        None => "node",
    };
    let caller_hash = rows.iter().map(|(caller, ..)| caller.map(|caller| scope(caller).hash));
    let caller_name =
        rows.iter().map(|(caller, ..)| caller.map(|caller| &*scope(caller).name)).collect();
    let columns: Vec<ArrayRef> = vec![
        symbols(rows.iter().map(|(caller, callee, _)| Some(kind(caller, callee))).collect()),
        numbers(|scope| scope.hash),
        callees(|scope| &scope.name),
        callees(|scope| &scope.target),
        callees(|scope| &scope.file),
        numbers(|scope| scope.line),
        Arc::new(caller_hash.collect::<UInt32Array>()),
        symbols(caller_name),
        Arc::new(UInt64Array::from_iter_values(rows.iter().map(|(_, _, calls)| calls.count))),
        times(|calls| calls.total),
        times(|calls| calls.own),
        times(|calls| calls.min),
        times(|calls| calls.max),
    ];
    Ok(RecordBatch::try_new(Arc::clone(&SCHEMA), columns)?)
}
