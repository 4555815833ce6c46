//! The view `images`: one row an image, or another file that was attached.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BinaryArray, Int64Array, RecordBatch, StringArray, StringDictionaryBuilder,
};
use datafusion::arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use datafusion::arrow::datatypes::{Int32Type, SchemaRef};

use super::{BlockContent, Continuity, Instances, RunDecoder, View, ViewDefinition};
use crate::columns::{Column, ColumnKind, schema_of, text, timestamps};
use crate::error::Error;
use crate::source::StreamSource;

const COLUMNS: &[Column] = &[
    Column::new("process_id", ColumnKind::Symbol, "The process, as a lower-case UUID."),
    Column::new(
        "stream_id",
        ColumnKind::Symbol,
        "The stream of the process, as a lower-case UUID.",
    ),
    Column::new("block_id", ColumnKind::Symbol, "The block that carried it, as a UUID."),
    Column::new(
        "insert_time",
        ColumnKind::Time,
        "When the block was committed to the lake, by the lake's clock.",
    ),
    Column::new("exe", ColumnKind::Symbol, "The program of the process."),
    Column::new("username", ColumnKind::Symbol, "The user who ran the process."),
    Column::new("computer", ColumnKind::Symbol, "The computer that ran the process."),
    Column::new("time", ColumnKind::Time, "When it was attached, by the process's clock."),
    Column::new("name", ColumnKind::Text, "The name of the file."),
    Column::new("format", ColumnKind::Symbol, "Its format, by custom a media type."),
    Column::new("payload_size", ColumnKind::Int64, "The number of its bytes."),
    Column::new("data", ColumnKind::Bytes, "Its bytes."),
];

/// The view.
#[derive(Debug)]
pub(super) struct Images(ViewDefinition);

impl Images {
    pub(super) fn new() -> Self {
        Self(ViewDefinition {
            name: "images",
            schema_version: 1,
            columns: COLUMNS,
            schema: schema_of(COLUMNS),
            tag: Some("image"),
            time: ("time", "time"),
            ids: &["process_id", "stream_id", "block_id"],
            continuity: Continuity::Block,
            instances: Instances::GlobalByProcess,
        })
    }
}

impl View for Images {
    fn definition(&self) -> &ViewDefinition {
        &self.0
    }

    fn start_run(&self, source: &Arc<StreamSource>) -> Box<dyn RunDecoder> {
        Box::new(Decoder { schema: Arc::clone(&self.0.schema), source: Arc::clone(source) })
    }
}

struct Decoder {
    schema: SchemaRef,
    source: Arc<StreamSource>,
}

impl RunDecoder for Decoder {
    fn push(&mut self, block: &BlockContent<'_>) -> Result<Vec<RecordBatch>, Error> {
        let images = block.records()?.images().columns;
        let row_count = images.record.len();
        if row_count == 0 {
            return Ok(Vec::new());
        }
        let clock = self.source.clock(block.record);
        let times = images.ticks.iter().map(|ticks| clock.nanoseconds(*ticks)).collect();
        let mut formats = StringDictionaryBuilder::<Int32Type>::new();
        images.format.iter().for_each(|format| formats.append_value(format));
        let names: StringArray = text(images.name)?;
        let offsets = OffsetBuffer::new(ScalarBuffer::from(images.data.offsets));
        let data = BinaryArray::try_new(offsets, Buffer::from_vec(images.data.bytes), None)?;
        let sizes = data.offsets().lengths().map(|size| size as i64);
        let sizes = Int64Array::from_iter_values(sizes);
        let mut columns = self.source.columns.leading(block.record, row_count);
        let rest: [ArrayRef; 5] = [
            timestamps(times),
            Arc::new(names),
            Arc::new(formats.finish()),
            Arc::new(sizes),
            Arc::new(data),
        ];
        columns.extend(rest);
        Ok(vec![RecordBatch::try_new(Arc::clone(&self.schema), columns)?])
    }
}
