//! The view `thread_spans`: one row a span of one thread, exact across the borders of blocks.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use micromegas_transit::{OpenBlock, StringTable};

use super::{BlockContent, Continuity, Instances, RunDecoder, View, ViewDefinition};
use crate::clock::TickClock;
use crate::columns::{Column, ColumnKind, ConstantColumn, schema_of};
use crate::error::Error;
use crate::source::StreamSource;
use crate::spans::{CallTree, CarriedOpen, Scope, ScopeTable, SpanBatches, SpanRows};

/// Rows are handed on in batches of at least this many.
const BATCH_ROW_COUNT: usize = 32_768;

const COLUMNS: &[Column] = &[
    Column::new(
        "id",
        ColumnKind::Int64,
        "The number of the begin event in its stream; -1 for the row of the thread itself.",
    ),
    Column::new(
        "parent",
        ColumnKind::Int64,
        "The id of the enclosing span; -1 if that is the thread. For the thread itself 0, which may be the id of a span too: children are rows with depth > 0.",
    ),
    Column::new(
        "depth",
        ColumnKind::UInt32,
        "How many spans it is nested in, the thread included; 0 for the thread itself.",
    ),
    Column::new("hash", ColumnKind::UInt32, "A hash of the scope: name, file, target and line."),
    Column::new("begin", ColumnKind::Time, "When it began, by the process's clock."),
    Column::new(
        "end",
        ColumnKind::Time,
        "When it ended; the stream's last known event while it is open.",
    ),
    Column::new("duration", ColumnKind::Int64, "Nanoseconds from begin to end."),
    Column::new(
        "name",
        ColumnKind::Symbol,
        "The name of the scope; of the thread, its name and id.",
    ),
    Column::new("target", ColumnKind::Symbol, "The module or category of the scope."),
    Column::new("filename", ColumnKind::Symbol, "The source file of the scope."),
    Column::new("line", ColumnKind::UInt32, "The source line of the scope."),
    Column::new(
        "flags",
        ColumnKind::UInt32,
        "0 for a whole span; 1 it is still open, 2 its end is missing, 4 its begin is unknown.",
    ),
    Column::new("stream_id", ColumnKind::Symbol, "The stream of the thread, as a UUID."),
    Column::new("thread_name", ColumnKind::Symbol, "The name and the id of the thread."),
];

/// The view.
#[derive(Debug)]
pub(super) struct ThreadSpans(ViewDefinition);

impl ThreadSpans {
    pub(super) fn new() -> Self {
        Self(ViewDefinition {
            name: "thread_spans",
            schema_version: 1,
            columns: COLUMNS,
            schema: schema_of(COLUMNS),
            tag: Some("cpu"),
            time: ("begin", "end"),
            ids: &["name"],
            continuity: Continuity::Stream,
            instances: Instances::Stream,
        })
    }
}

impl View for ThreadSpans {
    fn definition(&self) -> &ViewDefinition {
        &self.0
    }

    fn start_run(&self, source: &Arc<StreamSource>) -> Box<dyn RunDecoder> {
        let label = source.thread_label.clone();
        let (schema, stream_id) = (Arc::clone(&self.0.schema), source.columns.stream_id.clone());
        Box::new(Decoder {
            source: Arc::clone(source),
            tree: CallTree::default(),
            scopes: ScopeTable::default(),
            rows: SpanRows::default(),
            batches: SpanBatches::new(schema, stream_id, ConstantColumn::symbol(&label)),
            label,
        })
    }
}

struct Decoder {
    source: Arc<StreamSource>,
    tree: CallTree,
    scopes: ScopeTable,
    rows: SpanRows,
    batches: SpanBatches,
    label: String,
}

impl Decoder {
    fn take_batch(&mut self) -> Result<RecordBatch, Error> {
        let rows = std::mem::take(&mut self.rows);
        Ok(self.batches.batch(rows, &self.scopes)?)
    }

    /// The scopes of a block, as numbers of the stream's table.
    fn scope_numbers(
        &mut self,
        strings: &StringTable,
        scopes: &[micromegas_transit::Scope],
    ) -> Vec<u32> {
        let text = |index: i32| -> Arc<str> {
            usize::try_from(index)
                .ok()
                .and_then(|index| strings.get(index))
                .unwrap_or_default()
                .into()
        };
        let number = |scope: &micromegas_transit::Scope| {
            self.scopes.number(Scope {
                name: text(scope.name),
                target: text(scope.target),
                file: text(scope.file),
                line: scope.line,
                hash: scope.hash,
            })
        };
        scopes.iter().map(number).collect()
    }

    /// The spans that the block says are open where it begins, if it says so and defines them all.
    fn carried(&mut self, open: &OpenBlock<'_>, clock: &TickClock) -> Option<Vec<CarriedOpen>> {
        let carried = open.carried_spans()?;
        let scopes: Option<Vec<_>> =
            carried.iter().map(|span| open.scope(span.descriptor)).collect();
        let numbers = self.scope_numbers(open.strings(), &scopes?);
        let spans = carried.iter().zip(numbers).map(|(span, scope)| CarriedOpen {
            id: span.event_id,
            begin: clock.nanoseconds(span.begin),
            scope,
        });
        Some(spans.collect())
    }
}

impl RunDecoder for Decoder {
    fn push(&mut self, block: &BlockContent<'_>) -> Result<Vec<RecordBatch>, Error> {
        let open = block.records()?;
        let events = open.thread_spans().columns;
        let clock = self.source.clock(block.record);
        // A block without events of this kind says nothing about when what it carries was seen.
        if let Some(first) = events.ticks.first()
            && let Some(carried) = self.carried(open, &clock)
        {
            self.tree.resume(&carried, clock.nanoseconds(*first), &mut self.rows);
        }
        let numbers = self.scope_numbers(open.strings(), &events.scopes);
        for index in 0..events.record.len() {
            let time = clock.nanoseconds(events.ticks[index]);
            let scope = numbers[events.scope[index] as usize];
            if events.is_begin[index] {
                let record = i64::from(events.record[index]);
                self.tree.begin(block.record.object_offset.saturating_add(record), time, scope);
            } else {
                self.tree.end(time, scope, &mut self.rows);
            }
        }
        if self.rows.len() < BATCH_ROW_COUNT {
            Ok(Vec::new())
        } else {
            Ok(vec![self.take_batch()?])
        }
    }

    fn finish(&mut self) -> Result<Vec<RecordBatch>, Error> {
        let mut batches = Vec::new();
        if self.rows.len() > 0 {
            batches.push(self.take_batch()?);
        }
        let label = Scope::of_thread(&self.label);
        let root = self.scopes.number(label);
        let open = self.tree.open_rows(root);
        if open.len() > 0 {
            batches.push(self.batches.batch(open, &self.scopes)?);
        }
        let unmatched = self.tree.unmatched_end_count();
        if unmatched > 0 {
            let stream = self.source.stream.stream_id;
            micromegas_tracing::prelude::debug!(
                "stream {stream} has {unmatched} span ends without a begin"
            );
        }
        Ok(batches)
    }
}
