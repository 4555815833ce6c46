//! The audit log as lines of JSON.

use std::io::Write;

use anyhow::Result;
use micromegas_lakehouse::{AuditFilter, AuditLog, Tenant};

/// How many records are read at a time.
const PAGE_LENGTH: usize = 1000;

/// Writes the audit log of a tenant, the oldest record first.
pub(super) async fn write_audit(
    out: &mut impl Write,
    log: &(impl AuditLog + ?Sized),
    tenant: &Tenant,
) -> Result<()> {
    let mut filter = AuditFilter::default();
    loop {
        let page = log.list_audit(std::slice::from_ref(tenant), &filter, PAGE_LENGTH).await?;
        for entry in &page {
            let record = &entry.record;
            let line = serde_json::json!({
                "number": entry.number,
                "time": entry.time.to_rfc3339(),
                "tenant": record.tenant.as_str(),
                "actor": record.actor,
                "action": record.action,
                "target": record.target,
                "details": record.details,
            });
            writeln!(out, "{line}")?;
        }
        match page.last() {
            Some(last) if page.len() == PAGE_LENGTH => filter.after = last.number,
            _ => return Ok(()),
        }
    }
}
