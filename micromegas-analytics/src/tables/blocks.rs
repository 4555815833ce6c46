//! The table `blocks`: each block with its stream and its process.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{BinaryArray, Int32Array};
use micromegas_lakehouse::{BlockFilter, BlockRecord, CommitSequence};
use micromegas_transit::{StreamLayout, layouts_to_cbor};

use super::arrays::{integers, properties, tags, texts, times};
use super::metadata::{MetadataColumn, MetadataTable, PAGE_LENGTH, Page, PageRequest};
use crate::columns::{Column, ColumnKind};
use crate::error::Error;
use crate::source::StreamSource;

/// A block with what it belongs to.
pub(crate) struct BlockRow {
    block: BlockRecord,
    source: Arc<StreamSource>,
    layout: Arc<StreamLayout>,
}

const COLUMNS: &[MetadataColumn<BlockRow>] = &[
    MetadataColumn {
        column: Column::new("block_id", ColumnKind::Text, "The block, as a lower-case UUID."),
        array: |rows| texts(rows.iter().map(|row| row.block.block_id.to_string())),
    },
    MetadataColumn {
        column: Column::new("stream_id", ColumnKind::Text, "The stream it is a run of."),
        array: |rows| texts(rows.iter().map(|row| row.block.stream_id.to_string())),
    },
    MetadataColumn {
        column: Column::new("process_id", ColumnKind::Text, "The process that recorded it."),
        array: |rows| texts(rows.iter().map(|row| row.block.process_id.to_string())),
    },
    MetadataColumn {
        column: Column::new(
            "begin_time",
            ColumnKind::Time,
            "When it was begun, as the client declares it.",
        ),
        array: |rows| times(rows.iter().map(|row| row.block.begin_time)),
    },
    MetadataColumn {
        column: Column::new(
            "begin_ticks",
            ColumnKind::Int64,
            "The same in ticks since the start of the process.",
        ),
        array: |rows| integers(rows.iter().map(|row| row.block.begin_ticks)),
    },
    MetadataColumn {
        column: Column::new(
            "end_time",
            ColumnKind::Time,
            "When it was closed, as the client declares it.",
        ),
        array: |rows| times(rows.iter().map(|row| row.block.end_time)),
    },
    MetadataColumn {
        column: Column::new(
            "end_ticks",
            ColumnKind::Int64,
            "The same in ticks since the start of the process.",
        ),
        array: |rows| integers(rows.iter().map(|row| row.block.end_ticks)),
    },
    MetadataColumn {
        column: Column::new("nb_objects", ColumnKind::Int32, "The number of events."),
        array: |rows| {
            Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| row.block.event_count)))
        },
    },
    MetadataColumn {
        column: Column::new(
            "object_offset",
            ColumnKind::Int64,
            "The number of events in the stream before this block.",
        ),
        array: |rows| integers(rows.iter().map(|row| row.block.object_offset)),
    },
    MetadataColumn {
        column: Column::new(
            "payload_size",
            ColumnKind::Int64,
            "The stored size of the events in bytes.",
        ),
        array: |rows| integers(rows.iter().map(|row| row.block.payload.length as i64)),
    },
    MetadataColumn {
        column: Column::new(
            "insert_time",
            ColumnKind::Time,
            "When it was committed to the lake, by the lake's clock.",
        ),
        array: |rows| times(rows.iter().map(|row| row.block.insert_time)),
    },
    MetadataColumn {
        column: Column::new(
            "streams.dependencies_metadata",
            ColumnKind::Bytes,
            "The layouts of the stream's dependency records, in CBOR.",
        ),
        array: |rows| {
            let layouts = rows.iter().map(|row| layouts_to_cbor(&row.layout.dependencies));
            Arc::new(BinaryArray::from_iter_values(layouts))
        },
    },
    MetadataColumn {
        column: Column::new(
            "streams.objects_metadata",
            ColumnKind::Bytes,
            "The layouts of the stream's event records, in CBOR.",
        ),
        array: |rows| {
            let layouts = rows.iter().map(|row| layouts_to_cbor(&row.layout.objects));
            Arc::new(BinaryArray::from_iter_values(layouts))
        },
    },
    MetadataColumn {
        column: Column::new(
            "streams.tags",
            ColumnKind::Tags,
            "What the stream holds: log, metrics, cpu, ….",
        )
        .nullable(),
        array: |rows| tags(rows.iter().map(|row| &row.source.stream.tags)),
    },
    MetadataColumn {
        column: Column::new(
            "streams.properties",
            ColumnKind::Properties,
            "The properties of the stream, as a JSONB object.",
        ),
        array: |rows| properties(rows.iter().map(|row| &row.source.stream.properties)),
    },
    MetadataColumn {
        column: Column::new(
            "streams.insert_time",
            ColumnKind::Time,
            "When the stream was committed to the lake.",
        ),
        array: |rows| times(rows.iter().map(|row| row.source.stream.insert_time)),
    },
    MetadataColumn {
        column: Column::new(
            "streams.format",
            ColumnKind::Text,
            "How the payloads of the stream are encoded.",
        ),
        array: |rows| texts(rows.iter().map(|row| &row.source.stream.format)),
    },
    MetadataColumn {
        column: Column::new("processes.start_time", ColumnKind::Time, "When the process started."),
        array: |rows| times(rows.iter().map(|row| row.source.process.info.start_time)),
    },
    MetadataColumn {
        column: Column::new(
            "processes.start_ticks",
            ColumnKind::Int64,
            "The ticks of its clock at that time.",
        ),
        array: |rows| integers(rows.iter().map(|row| row.source.process.info.start_ticks)),
    },
    MetadataColumn {
        column: Column::new(
            "processes.tsc_frequency",
            ColumnKind::Int64,
            "Ticks per second of its clock; 0 if unknown.",
        ),
        array: |rows| integers(rows.iter().map(|row| row.source.process.info.tsc_frequency)),
    },
    MetadataColumn {
        column: Column::new("processes.exe", ColumnKind::Text, "The program."),
        array: |rows| texts(rows.iter().map(|row| &row.source.process.info.exe)),
    },
    MetadataColumn {
        column: Column::new("processes.username", ColumnKind::Text, "The user who ran it."),
        array: |rows| texts(rows.iter().map(|row| &row.source.process.info.username)),
    },
    MetadataColumn {
        column: Column::new("processes.realname", ColumnKind::Text, "The full name of the user."),
        array: |rows| texts(rows.iter().map(|row| &row.source.process.info.realname)),
    },
    MetadataColumn {
        column: Column::new("processes.computer", ColumnKind::Text, "The computer that ran it."),
        array: |rows| texts(rows.iter().map(|row| &row.source.process.info.computer)),
    },
    MetadataColumn {
        column: Column::new("processes.distro", ColumnKind::Text, "The operating system."),
        array: |rows| texts(rows.iter().map(|row| &row.source.process.info.distro)),
    },
    MetadataColumn {
        column: Column::new("processes.cpu_brand", ColumnKind::Text, "The processor."),
        array: |rows| texts(rows.iter().map(|row| &row.source.process.info.cpu_brand)),
    },
    MetadataColumn {
        column: Column::new(
            "processes.insert_time",
            ColumnKind::Time,
            "When the process was committed to the lake.",
        ),
        array: |rows| times(rows.iter().map(|row| row.source.process.insert_time)),
    },
    MetadataColumn {
        column: Column::new(
            "processes.parent_process_id",
            ColumnKind::Text,
            "The process that started it; empty if unknown.",
        ),
        array: |rows| {
            let parent = |row: &BlockRow| row.source.process.info.parent_process_id;
            texts(rows.iter().map(|row| parent(row).map(|id| id.to_string()).unwrap_or_default()))
        },
    },
    MetadataColumn {
        column: Column::new(
            "processes.properties",
            ColumnKind::Properties,
            "The properties of the process, as a JSONB object.",
        ),
        array: |rows| properties(rows.iter().map(|row| &row.source.process.info.properties)),
    },
];

/// All complete blocks that a principal may see, by number.
pub(crate) struct Blocks;

#[async_trait]
impl MetadataTable for Blocks {
    const NAME: &'static str = "blocks";
    const TIME_COLUMNS: Option<(&'static str, &'static str)> = Some(("begin_time", "insert_time"));
    const HAS_SENT_PROPERTIES: bool = true;
    type Row = BlockRow;
    type Cursor = CommitSequence;

    fn columns() -> &'static [MetadataColumn<BlockRow>] {
        COLUMNS
    }

    async fn fetch_page(
        request: &PageRequest,
        after: Option<CommitSequence>,
    ) -> Result<Page<BlockRow, CommitSequence>, Error> {
        let selection = &request.selection;
        let filter = BlockFilter {
            block_ids: selection.block_ids.clone(),
            stream_ids: selection.stream_ids.clone(),
            process_ids: selection.process_ids.clone(),
            after: after.unwrap_or(CommitSequence::ZERO),
            up_to: request.snapshot.commit_sequence,
            ..BlockFilter::default()
        };
        let engine = &request.engine;
        let lakehouse = engine.lakehouse();
        let blocks = lakehouse.store().list_blocks(&request.tenants, &filter, PAGE_LENGTH).await?;
        let next = match blocks.last() {
            Some(last) if blocks.len() == PAGE_LENGTH => Some(last.sequence),
            _ => None,
        };
        let mut rows = Vec::with_capacity(blocks.len());
        for block in blocks {
            let source = engine.sources().fetch(lakehouse, &block).await?;
            let layout = lakehouse.fetch_layout(source.stream.layout).await?;
            rows.push(BlockRow { block, source, layout });
        }
        Ok(Page { rows, next })
    }
}
