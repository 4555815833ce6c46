//! The table `audit_log`.

use async_trait::async_trait;
use micromegas_lakehouse::{AuditFilter, AuditRecord};

use super::arrays::{integers, properties, texts, times};
use super::metadata::{MetadataColumn, MetadataTable, PAGE_LENGTH, Page, PageRequest};
use crate::columns::{Column, ColumnKind};
use crate::error::Error;

const COLUMNS: &[MetadataColumn<AuditRecord>] = &[
    MetadataColumn {
        column: Column::new("number", ColumnKind::Int64, "The place of the record in the log."),
        array: |rows| integers(rows.iter().map(|row| row.number.cast_signed())),
    },
    MetadataColumn {
        column: Column::new("time", ColumnKind::Time, "When it was written."),
        array: |rows| times(rows.iter().map(|row| row.time)),
    },
    MetadataColumn {
        column: Column::new("tenant", ColumnKind::Text, "The tenant that it concerns."),
        array: |rows| texts(rows.iter().map(|row| row.record.tenant.as_str())),
    },
    MetadataColumn {
        column: Column::new("actor", ColumnKind::Text, "Who did it."),
        array: |rows| texts(rows.iter().map(|row| &row.record.actor)),
    },
    MetadataColumn {
        column: Column::new("action", ColumnKind::Text, "What was done, such as `key.create`."),
        array: |rows| texts(rows.iter().map(|row| &row.record.action)),
    },
    MetadataColumn {
        column: Column::new("target", ColumnKind::Text, "What it was done to."),
        array: |rows| texts(rows.iter().map(|row| &row.record.target)),
    },
    MetadataColumn {
        column: Column::new("details", ColumnKind::Properties, "What else there is to say."),
        array: |rows| properties(rows.iter().map(|row| &row.record.details)),
    },
];

/// What was done to the lake and by whom; for principals with the right `admin`.
pub(crate) struct AuditLog;

#[async_trait]
impl MetadataTable for AuditLog {
    const NAME: &'static str = "audit_log";
    const TIME_COLUMNS: Option<(&'static str, &'static str)> = Some(("time", "time"));
    const HAS_SENT_PROPERTIES: bool = false;
    type Row = AuditRecord;
    type Cursor = u64;

    fn columns() -> &'static [MetadataColumn<AuditRecord>] {
        COLUMNS
    }

    async fn fetch_page(
        request: &PageRequest,
        after: Option<u64>,
    ) -> Result<Page<AuditRecord, u64>, Error> {
        let filter = AuditFilter { after: after.unwrap_or_default() };
        let store = request.engine.lakehouse().store();
        let rows = store.list_audit(&request.tenants, &filter, PAGE_LENGTH).await?;
        let next = match rows.last() {
            Some(last) if rows.len() == PAGE_LENGTH => Some(last.number),
            _ => None,
        };
        Ok(Page { rows, next })
    }
}
