//! Partition files: Parquet that any reader can read.

use std::sync::Arc;

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, SchemaRef, TimestampNanosecondType};
use datafusion::execution::SendableRecordBatchStream;
use futures::TryStreamExt;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use crate::error::Error;
use crate::view::ViewDefinition;

/// Rows of one row group at most.
const ROW_GROUP_LENGTH: usize = 256 * 1_024;

/// A finished file.
pub(super) struct EncodedFile {
    pub(super) bytes: Vec<u8>,
    pub(super) row_count: u64,
    /// Least and greatest time of its rows in nanoseconds.
    pub(super) event_time: Option<(i64, i64)>,
}

/// What is in a file, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct FileLayout<'a> {
    pub(super) schema: &'a SchemaRef,
    /// The columns by which rows are sorted.
    pub(super) sorted_by: &'a [&'a str],
    /// The columns that have the times of rows.
    pub(super) times: &'a [&'a str],
    /// The columns with bloom filters.
    pub(super) ids: &'a [&'a str],
}

/// Encodes rows, sorted by the view's time column, as one file. `id_count` is about how many
/// different ids the file holds: it sizes the bloom filters.
pub(super) async fn encode(
    definition: &ViewDefinition,
    rows: SendableRecordBatchStream,
    id_count: u64,
) -> Result<EncodedFile, Error> {
    let layout = FileLayout {
        schema: &definition.schema,
        sorted_by: &[definition.time.0],
        times: &[definition.time.0, definition.time.1],
        ids: definition.ids,
    };
    encode_as(layout, rows, id_count).await
}

/// Encodes rows, sorted as the layout says, as one file.
pub(super) async fn encode_as(
    layout: FileLayout<'_>,
    mut rows: SendableRecordBatchStream,
    id_count: u64,
) -> Result<EncodedFile, Error> {
    let properties = writer_properties(layout, id_count)?;
    let schema = Arc::clone(layout.schema);
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties))?;
    let (mut row_count, mut event_time) = (0, None);
    while let Some(batch) = rows.try_next().await? {
        row_count += batch.num_rows() as u64;
        event_time = joined(event_time, time_bounds(layout, &batch)?);
        writer.write(&batch)?;
    }
    Ok(EncodedFile { bytes: writer.into_inner()?, row_count, event_time })
}

fn writer_properties(layout: FileLayout<'_>, id_count: u64) -> Result<WriterProperties, Error> {
    let sorting = sorting_columns(layout)?;
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_max_row_group_row_count(Some(ROW_GROUP_LENGTH))
        .set_sorting_columns(sorting);
    for field in layout.schema.fields() {
        let path = ColumnPath::from(field.name().as_str());
        properties = match field.data_type() {
            DataType::Timestamp(..) => properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED),
            // Properties.
            DataType::Dictionary(_, values) if **values == DataType::Binary => {
                properties.set_column_statistics_enabled(path, EnabledStatistics::None)
            }
            _ => properties,
        };
    }
    for id in layout.ids {
        let path = ColumnPath::from(*id);
        properties = properties
            .set_column_bloom_filter_enabled(path.clone(), true)
            .set_column_bloom_filter_max_ndv(path, id_count.clamp(64, 65_536));
    }
    Ok(properties.build())
}

/// The sorting that files tell of: readers know columns without others inside by their place.
fn sorting_columns(layout: FileLayout<'_>) -> Result<Option<Vec<SortingColumn>>, Error> {
    if layout.schema.fields().iter().any(|field| field.data_type().is_nested()) {
        return Ok(None);
    }
    let columns = layout.sorted_by.iter().map(|name| {
        let index = layout.schema.index_of(name)?;
        Ok(SortingColumn { column_idx: index as i32, descending: false, nulls_first: false })
    });
    Ok(Some(columns.collect::<Result<_, Error>>()?))
}

fn time_bounds(layout: FileLayout<'_>, batch: &RecordBatch) -> Result<Option<(i64, i64)>, Error> {
    let mut bounds = None;
    for name in layout.times {
        let column = batch.column(layout.schema.index_of(name)?);
        if let Some(times) = column.as_primitive_opt::<TimestampNanosecondType>()
            && !times.is_empty()
        {
            let least = datafusion::arrow::compute::min(times);
            let greatest = datafusion::arrow::compute::max(times);
            bounds = joined(bounds, least.zip(greatest));
        }
    }
    Ok(bounds)
}

fn joined(left: Option<(i64, i64)>, right: Option<(i64, i64)>) -> Option<(i64, i64)> {
    match (left, right) {
        (Some(left), Some(right)) => Some((left.0.min(right.0), left.1.max(right.1))),
        (known, None) | (None, known) => known,
    }
}
