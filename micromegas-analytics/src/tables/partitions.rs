//! The table function `list_partitions()`.

use async_trait::async_trait;
use chrono::TimeDelta;
use micromegas_lakehouse::{Checksum, PartitionFilter, PartitionRecord, Scope};

use super::arrays::{
    bytes, integers, optional_texts, optional_times, small_integers, text_lists, texts, times,
};
use super::metadata::{MetadataColumn, MetadataTable, Page, PageRequest};
use crate::columns::{Column, ColumnKind};
use crate::error::Error;
use crate::view::find_view;

/// Plain Parquet, as published since its second version.
const FORMAT_VERSION: i32 = 2;

const COLUMNS: &[MetadataColumn<PartitionRecord>] = &[
    MetadataColumn {
        column: Column::new("view_set_name", ColumnKind::Text, "The view."),
        array: |rows| texts(rows.iter().map(|row| &row.view)),
    },
    MetadataColumn {
        column: Column::new(
            "view_instance_id",
            ColumnKind::Text,
            "`global`, or the process or stream whose blocks it is made of.",
        ),
        array: |rows| texts(rows.iter().map(instance)),
    },
    MetadataColumn {
        column: Column::new(
            "begin_insert_time",
            ColumnKind::Time,
            "The least `insert_time` of its blocks.",
        ),
        array: |rows| times(rows.iter().map(|row| row.insert_time.min)),
    },
    MetadataColumn {
        column: Column::new(
            "end_insert_time",
            ColumnKind::Time,
            "A microsecond after the greatest `insert_time` of its blocks: the first time after it.",
        ),
        array: |rows| {
            let end = |row: &PartitionRecord| {
                let last = row.insert_time.max;
                last.checked_add_signed(TimeDelta::microseconds(1)).unwrap_or(last)
            };
            times(rows.iter().map(end))
        },
    },
    MetadataColumn {
        column: Column::new("min_event_time", ColumnKind::Time, "The least time of its rows.")
            .nullable(),
        array: |rows| optional_times(rows.iter().map(|row| Some(row.event_time?.min))),
    },
    MetadataColumn {
        column: Column::new("max_event_time", ColumnKind::Time, "The greatest time of its rows.")
            .nullable(),
        array: |rows| optional_times(rows.iter().map(|row| Some(row.event_time?.max))),
    },
    MetadataColumn {
        column: Column::new("updated", ColumnKind::Time, "When it was committed."),
        array: |rows| times(rows.iter().map(|row| row.created_time)),
    },
    MetadataColumn {
        column: Column::new(
            "file_path",
            ColumnKind::Text,
            "The key of its file; NULL if it has no rows.",
        )
        .nullable(),
        array: |rows| {
            optional_texts(rows.iter().map(|row| row.file.as_ref().map(|file| &file.key)))
        },
    },
    MetadataColumn {
        column: Column::new("file_size", ColumnKind::Int64, "The size of the file in bytes."),
        array: |rows| {
            integers(rows.iter().map(|row| row.file.as_ref().map_or(0, |f| f.size as i64)))
        },
    },
    MetadataColumn {
        column: Column::new(
            "file_schema_hash",
            ColumnKind::Bytes,
            "The version of the view's columns, 4 bytes, the least first.",
        ),
        array: |rows| bytes(rows.iter().map(|row| row.schema_version.to_le_bytes())),
    },
    MetadataColumn {
        column: Column::new(
            "source_data_hash",
            ColumnKind::Bytes,
            "A hash of which blocks it covers: their numbers, not how many they are.",
        ),
        array: |rows| bytes(rows.iter().map(coverage_hash)),
    },
    MetadataColumn {
        column: Column::new("num_rows", ColumnKind::Int64, "The number of its rows."),
        array: |rows| {
            integers(rows.iter().map(|row| row.file.as_ref().map_or(0, |f| f.row_count as i64)))
        },
    },
    MetadataColumn {
        column: Column::new(
            "partition_format_version",
            ColumnKind::Int32,
            "2: Parquet with a footer that all readers know.",
        ),
        array: |rows| small_integers(rows.iter().map(|_| FORMAT_VERSION)),
    },
    MetadataColumn {
        column: Column::new(
            "sort_order",
            ColumnKind::Texts,
            "The columns by which rows are sorted.",
        )
        .nullable(),
        array: |rows| text_lists(rows.iter().map(sort_order)),
    },
    MetadataColumn {
        column: Column::new(
            "max_sort_key_time",
            ColumnKind::Time,
            "The greatest value of the first of these columns.",
        )
        .nullable(),
        array: |rows| optional_times(rows.iter().map(|row| Some(row.event_time?.max))),
    },
    MetadataColumn {
        column: Column::new("tenant", ColumnKind::Text, "Whose it is."),
        array: |rows| texts(rows.iter().map(|row| row.tenant.as_str())),
    },
];

fn instance(row: &PartitionRecord) -> String {
    match row.scope {
        Scope::All => "global".to_owned(),
        Scope::Process(id) | Scope::Stream(id) => id.to_string(),
    }
}

fn coverage_hash(row: &PartitionRecord) -> Vec<u8> {
    Checksum::of(&row.coverage.to_bytes()).to_string().into_bytes()
}

fn sort_order(row: &PartitionRecord) -> Vec<&'static str> {
    find_view(&row.view).map(|view| view.definition().time.0).into_iter().collect()
}

/// Partitions, as the snapshot of the query shows them.
pub(crate) struct Partitions;

#[async_trait]
impl MetadataTable for Partitions {
    const NAME: &'static str = "list_partitions";
    const TIME_COLUMNS: Option<(&'static str, &'static str)> = None;
    const HAS_SENT_PROPERTIES: bool = false;
    type Row = PartitionRecord;
    type Cursor = ();

    fn columns() -> &'static [MetadataColumn<PartitionRecord>] {
        COLUMNS
    }

    async fn fetch_page(
        request: &PageRequest,
        _after: Option<()>,
    ) -> Result<Page<PartitionRecord, ()>, Error> {
        let (store, version) =
            (request.engine.lakehouse().store(), request.snapshot.ledger_version);
        let filter = PartitionFilter::default();
        let rows = store.list_partitions(&request.tenants, version, &filter).await?;
        Ok(Page { rows, next: None })
    }
}
