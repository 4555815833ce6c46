//! Partition files: Parquet that any reader can read.

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::TimestampNanosecondType;
use datafusion::execution::SendableRecordBatchStream;
use futures::TryStreamExt;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use crate::columns::ColumnKind;
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

/// Encodes rows, sorted by the view's time column, as one file. `id_count` is about how many
/// different ids the file holds: it sizes the bloom filters.
pub(super) async fn encode(
    definition: &ViewDefinition,
    mut rows: SendableRecordBatchStream,
    id_count: u64,
) -> Result<EncodedFile, Error> {
    let properties = writer_properties(definition, id_count)?;
    let schema = std::sync::Arc::clone(&definition.schema);
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties))?;
    let (mut row_count, mut event_time) = (0, None);
    while let Some(batch) = rows.try_next().await? {
        row_count += batch.num_rows() as u64;
        event_time = joined(event_time, time_bounds(definition, &batch)?);
        writer.write(&batch)?;
    }
    Ok(EncodedFile { bytes: writer.into_inner()?, row_count, event_time })
}

fn writer_properties(
    definition: &ViewDefinition,
    id_count: u64,
) -> Result<WriterProperties, Error> {
    let sorted_by = definition.schema.index_of(definition.time.0)?;
    let sorting =
        SortingColumn { column_idx: sorted_by as i32, descending: false, nulls_first: false };
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_max_row_group_row_count(Some(ROW_GROUP_LENGTH))
        .set_sorting_columns(Some(vec![sorting]));
    for column in definition.columns {
        let path = ColumnPath::from(column.name);
        properties = match column.kind {
            ColumnKind::Time => properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED),
            ColumnKind::Properties => {
                properties.set_column_statistics_enabled(path, EnabledStatistics::None)
            }
            _ => properties,
        };
    }
    for id in definition.ids {
        let path = ColumnPath::from(*id);
        properties = properties
            .set_column_bloom_filter_enabled(path.clone(), true)
            .set_column_bloom_filter_max_ndv(path, id_count.clamp(64, 65_536));
    }
    Ok(properties.build())
}

fn time_bounds(
    definition: &ViewDefinition,
    batch: &RecordBatch,
) -> Result<Option<(i64, i64)>, Error> {
    let mut bounds = None;
    for name in [definition.time.0, definition.time.1] {
        let column = batch.column(definition.schema.index_of(name)?);
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
