//! The table `streams`.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::BinaryArray;
use micromegas_lakehouse::{RecordKey, StreamFilter, StreamRecord};
use micromegas_transit::{StreamLayout, layouts_to_cbor};

use super::arrays::{properties, tags, texts, times};
use super::metadata::{MetadataColumn, MetadataTable, PAGE_LENGTH, Page, PageRequest};
use crate::columns::{Column, ColumnKind};
use crate::error::Error;

/// A stream with its layout.
pub(crate) struct StreamRow {
    stream: StreamRecord,
    layout: Arc<StreamLayout>,
}

const COLUMNS: &[MetadataColumn<StreamRow>] = &[
    MetadataColumn {
        column: Column::new("stream_id", ColumnKind::Text, "The stream, as a lower-case UUID."),
        array: |rows| texts(rows.iter().map(|row| row.stream.stream_id.to_string())),
    },
    MetadataColumn {
        column: Column::new("process_id", ColumnKind::Text, "The process that records into it."),
        array: |rows| texts(rows.iter().map(|row| row.stream.process_id.to_string())),
    },
    MetadataColumn {
        column: Column::new(
            "dependencies_metadata",
            ColumnKind::Bytes,
            "The layouts of its dependency records, in CBOR.",
        ),
        array: |rows| {
            let layouts = rows.iter().map(|row| layouts_to_cbor(&row.layout.dependencies));
            Arc::new(BinaryArray::from_iter_values(layouts))
        },
    },
    MetadataColumn {
        column: Column::new(
            "objects_metadata",
            ColumnKind::Bytes,
            "The layouts of its event records, in CBOR.",
        ),
        array: |rows| {
            let layouts = rows.iter().map(|row| layouts_to_cbor(&row.layout.objects));
            Arc::new(BinaryArray::from_iter_values(layouts))
        },
    },
    MetadataColumn {
        column: Column::new(
            "tags",
            ColumnKind::Tags,
            "What the stream holds: log, metrics, cpu, ….",
        )
        .nullable(),
        array: |rows| tags(rows.iter().map(|row| &row.stream.tags)),
    },
    MetadataColumn {
        column: Column::new(
            "properties",
            ColumnKind::Properties,
            "Its properties, as a JSONB object.",
        ),
        array: |rows| properties(rows.iter().map(|row| &row.stream.properties)),
    },
    MetadataColumn {
        column: Column::new(
            "insert_time",
            ColumnKind::Time,
            "When it was committed to the lake, by the lake's clock.",
        ),
        array: |rows| times(rows.iter().map(|row| row.stream.insert_time)),
    },
    MetadataColumn {
        column: Column::new("format", ColumnKind::Text, "How its payloads are encoded."),
        array: |rows| texts(rows.iter().map(|row| &row.stream.format)),
    },
    MetadataColumn {
        column: Column::new(
            "last_update_time",
            ColumnKind::Time,
            "When its newest block was committed; its own insert_time before the first.",
        ),
        array: |rows| {
            let time =
                |row: &StreamRow| row.stream.last_update_time.unwrap_or(row.stream.insert_time);
            times(rows.iter().map(time))
        },
    },
];

/// All streams that a principal may see.
pub(crate) struct Streams;

#[async_trait]
impl MetadataTable for Streams {
    const NAME: &'static str = "streams";
    const TIME_COLUMNS: Option<(&'static str, &'static str)> =
        Some(("insert_time", "last_update_time"));
    const HAS_SENT_PROPERTIES: bool = true;
    type Row = StreamRow;
    type Cursor = RecordKey;

    fn columns() -> &'static [MetadataColumn<StreamRow>] {
        COLUMNS
    }

    async fn fetch_page(
        request: &PageRequest,
        after: Option<RecordKey>,
    ) -> Result<Page<StreamRow, RecordKey>, Error> {
        let filter = StreamFilter {
            stream_ids: request.selection.stream_ids.clone(),
            process_ids: request.selection.process_ids.clone(),
            after,
            ..StreamFilter::default()
        };
        let lakehouse = request.engine.lakehouse();
        let streams =
            lakehouse.store().list_streams(&request.tenants, &filter, PAGE_LENGTH).await?;
        let next = match streams.last() {
            Some(last) if streams.len() == PAGE_LENGTH => {
                Some(RecordKey::new(last.tenant.clone(), last.stream_id))
            }
            _ => None,
        };
        let mut rows = Vec::with_capacity(streams.len());
        for stream in streams {
            if stream.insert_time <= request.snapshot.insert_time {
                let layout = lakehouse.fetch_layout(stream.layout).await?;
                rows.push(StreamRow { stream, layout });
            }
        }
        Ok(Page { rows, next })
    }
}
