//! The table `processes`.

use async_trait::async_trait;
use micromegas_lakehouse::{ProcessFilter, ProcessRecord, RecordKey};

use super::arrays::{integers, properties, texts, times};
use super::metadata::{MetadataColumn, MetadataTable, PAGE_LENGTH, Page, PageRequest};
use crate::columns::{Column, ColumnKind};
use crate::error::Error;

const COLUMNS: &[MetadataColumn<ProcessRecord>] = &[
    MetadataColumn {
        column: Column::new("process_id", ColumnKind::Text, "The process, as a lower-case UUID."),
        array: |rows| texts(rows.iter().map(|row| row.info.process_id.to_string())),
    },
    MetadataColumn {
        column: Column::new("exe", ColumnKind::Text, "The program."),
        array: |rows| texts(rows.iter().map(|row| &row.info.exe)),
    },
    MetadataColumn {
        column: Column::new("username", ColumnKind::Text, "The user who ran it."),
        array: |rows| texts(rows.iter().map(|row| &row.info.username)),
    },
    MetadataColumn {
        column: Column::new("realname", ColumnKind::Text, "The full name of the user."),
        array: |rows| texts(rows.iter().map(|row| &row.info.realname)),
    },
    MetadataColumn {
        column: Column::new("computer", ColumnKind::Text, "The computer that ran it."),
        array: |rows| texts(rows.iter().map(|row| &row.info.computer)),
    },
    MetadataColumn {
        column: Column::new("distro", ColumnKind::Text, "The operating system."),
        array: |rows| texts(rows.iter().map(|row| &row.info.distro)),
    },
    MetadataColumn {
        column: Column::new("cpu_brand", ColumnKind::Text, "The processor."),
        array: |rows| texts(rows.iter().map(|row| &row.info.cpu_brand)),
    },
    MetadataColumn {
        column: Column::new(
            "tsc_frequency",
            ColumnKind::Int64,
            "Ticks per second of its clock; 0 if unknown.",
        ),
        array: |rows| integers(rows.iter().map(|row| row.info.tsc_frequency)),
    },
    MetadataColumn {
        column: Column::new("start_time", ColumnKind::Time, "When it started."),
        array: |rows| times(rows.iter().map(|row| row.info.start_time)),
    },
    MetadataColumn {
        column: Column::new(
            "start_ticks",
            ColumnKind::Int64,
            "The ticks of its clock at that time.",
        ),
        array: |rows| integers(rows.iter().map(|row| row.info.start_ticks)),
    },
    MetadataColumn {
        column: Column::new(
            "insert_time",
            ColumnKind::Time,
            "When it was committed to the lake, by the lake's clock.",
        ),
        array: |rows| times(rows.iter().map(|row| row.insert_time)),
    },
    MetadataColumn {
        column: Column::new(
            "parent_process_id",
            ColumnKind::Text,
            "The process that started it; empty if unknown.",
        ),
        array: |rows| {
            let parent = |row: &ProcessRecord| row.info.parent_process_id.map(|id| id.to_string());
            texts(rows.iter().map(|row| parent(row).unwrap_or_default()))
        },
    },
    MetadataColumn {
        column: Column::new(
            "properties",
            ColumnKind::Properties,
            "Its properties, as a JSONB object.",
        ),
        array: |rows| properties(rows.iter().map(|row| &row.info.properties)),
    },
    MetadataColumn {
        column: Column::new(
            "last_update_time",
            ColumnKind::Time,
            "When its newest block was committed; its own insert_time before the first.",
        ),
        array: |rows| times(rows.iter().map(|row| row.last_update_time.unwrap_or(row.insert_time))),
    },
    MetadataColumn {
        column: Column::new(
            "last_block_end_ticks",
            ColumnKind::Int64,
            "The end of its latest block, in ticks since its start; 0 before the first.",
        ),
        array: |rows| integers(rows.iter().map(|row| row.last_block_end_ticks.unwrap_or(0))),
    },
    MetadataColumn {
        column: Column::new(
            "last_block_end_time",
            ColumnKind::Time,
            "The end of its latest block; its start before the first.",
        ),
        array: |rows| {
            let end = |row: &ProcessRecord| row.last_block_end_time.unwrap_or(row.info.start_time);
            times(rows.iter().map(end))
        },
    },
];

/// All processes that a principal may see.
pub(crate) struct Processes;

#[async_trait]
impl MetadataTable for Processes {
    const NAME: &'static str = "processes";
    const TIME_COLUMNS: Option<(&'static str, &'static str)> =
        Some(("insert_time", "last_update_time"));
    const HAS_SENT_PROPERTIES: bool = true;
    type Row = ProcessRecord;
    type Cursor = RecordKey;

    fn columns() -> &'static [MetadataColumn<ProcessRecord>] {
        COLUMNS
    }

    async fn fetch_page(
        request: &PageRequest,
        after: Option<RecordKey>,
    ) -> Result<Page<ProcessRecord, RecordKey>, Error> {
        let filter = ProcessFilter { process_ids: request.selection.process_ids.clone(), after };
        let store = request.engine.lakehouse().store();
        let mut rows = store.list_processes(&request.tenants, &filter, PAGE_LENGTH).await?;
        let next = match rows.last() {
            Some(last) if rows.len() == PAGE_LENGTH => {
                Some(RecordKey::new(last.tenant.clone(), last.info.process_id))
            }
            _ => None,
        };
        rows.retain(|row| row.insert_time <= request.snapshot.insert_time);
        Ok(Page { rows, next })
    }
}
