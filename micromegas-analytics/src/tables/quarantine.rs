//! The table function `list_quarantined_blocks()`.

use async_trait::async_trait;
use micromegas_lakehouse::{QuarantineFilter, QuarantineKey, QuarantinedBlock};

use super::arrays::{integers, texts, times};
use super::metadata::{MetadataColumn, MetadataTable, PAGE_LENGTH, Page, PageRequest};
use crate::columns::{Column, ColumnKind};
use crate::error::Error;

const COLUMNS: &[MetadataColumn<QuarantinedBlock>] = &[
    MetadataColumn {
        column: Column::new(
            "view_set_name",
            ColumnKind::Text,
            "The view that cannot decode the block.",
        ),
        array: |rows| texts(rows.iter().map(|row| &row.key.view)),
    },
    MetadataColumn {
        column: Column::new("block_id", ColumnKind::Text, "The block, as a lower-case UUID."),
        array: |rows| texts(rows.iter().map(|row| row.key.block_id.to_string())),
    },
    MetadataColumn {
        column: Column::new("stream_id", ColumnKind::Text, "Its stream."),
        array: |rows| texts(rows.iter().map(|row| row.stream_id.to_string())),
    },
    MetadataColumn {
        column: Column::new("process_id", ColumnKind::Text, "Its process."),
        array: |rows| texts(rows.iter().map(|row| row.process_id.to_string())),
    },
    MetadataColumn {
        column: Column::new("commit_sequence", ColumnKind::Int64, "Its commit sequence number."),
        array: |rows| integers(rows.iter().map(|row| row.sequence.as_u64() as i64)),
    },
    MetadataColumn {
        column: Column::new("reason", ColumnKind::Text, "Why it cannot be decoded."),
        array: |rows| texts(rows.iter().map(|row| &row.reason)),
    },
    MetadataColumn {
        column: Column::new("time", ColumnKind::Time, "Since when it is in quarantine."),
        array: |rows| times(rows.iter().map(|row| row.time)),
    },
];

/// Blocks that some view could not decode.
pub(crate) struct QuarantinedBlocks;

#[async_trait]
impl MetadataTable for QuarantinedBlocks {
    const NAME: &'static str = "list_quarantined_blocks";
    const TIME_COLUMNS: Option<(&'static str, &'static str)> = None;
    const HAS_SENT_PROPERTIES: bool = false;
    type Row = QuarantinedBlock;
    type Cursor = QuarantineKey;

    fn columns() -> &'static [MetadataColumn<QuarantinedBlock>] {
        COLUMNS
    }

    async fn fetch_page(
        request: &PageRequest,
        after: Option<QuarantineKey>,
    ) -> Result<Page<QuarantinedBlock, QuarantineKey>, Error> {
        let filter = QuarantineFilter { view: None, after };
        let store = request.engine.lakehouse().store();
        let rows = store.list_quarantined_blocks(&request.tenants, &filter, PAGE_LENGTH).await?;
        let next = match rows.last() {
            Some(last) if rows.len() == PAGE_LENGTH => Some(last.key.clone()),
            _ => None,
        };
        Ok(Page { rows, next })
    }
}
