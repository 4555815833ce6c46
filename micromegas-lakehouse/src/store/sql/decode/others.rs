//! Keys, the audit log, quarantine, and what can be reclaimed.

use super::lake::location;
use super::{json, optional_time, sequence, tenant, time, unsigned};
use crate::audit::{AuditRecord, NewAuditRecord};
use crate::error::Error;
use crate::keys::{ApiKeyRecord, KeyHash, Revocation};
use crate::ledger::{QuarantineKey, QuarantinedBlock};
use crate::removal::{PayloadReference, ReclaimableObject};
use crate::sql_views::SqlViewRecord;
use crate::store::sql::{Result, StoredRow};

pub(crate) fn key(row: &impl StoredRow) -> Result<ApiKeyRecord> {
    let corrupt = |source| Error::corrupt_from("a key", "its row is not what was written", source);
    let revoked_time = optional_time(row, "revoked_time")?;
    let revoked_by = row.optional_text("revoked_by")?;
    Ok(ApiKeyRecord {
        id: row.id("key_id")?,
        name: row.text("name")?,
        prefix: row.text("prefix")?,
        hash: KeyHash::try_from(row.bytes("hash")?).map_err(corrupt)?,
        tenant: tenant(row)?,
        rights: row.own_text("rights")?.parse().map_err(corrupt)?,
        expires: optional_time(row, "expires")?,
        created_by: row.text("created_by")?,
        created_time: time(row, "created_time")?,
        revoked: revoked_time.zip(revoked_by).map(|(time, by)| Revocation { time, by }),
    })
}

pub(crate) fn sql_view(row: &impl StoredRow) -> Result<SqlViewRecord> {
    let version = unsigned(row, "version")?;
    let version = u32::try_from(version)
        .map_err(|_| Error::corrupt("a view", format!("its version is {version}")))?;
    Ok(SqlViewRecord {
        tenant: tenant(row)?,
        name: row.text("name")?,
        version,
        sql: row.text("sql")?,
        created_by: row.text("created_by")?,
        created_time: time(row, "created_time")?,
    })
}

pub(crate) fn audit_record(row: &impl StoredRow) -> Result<AuditRecord> {
    Ok(AuditRecord {
        number: unsigned(row, "number")?,
        time: time(row, "time")?,
        record: NewAuditRecord {
            tenant: tenant(row)?,
            actor: row.text("actor")?,
            action: row.text("action")?,
            target: row.text("target")?,
            details: json(row, "details")?,
        },
    })
}

pub(crate) fn quarantined_block(row: &impl StoredRow) -> Result<QuarantinedBlock> {
    Ok(QuarantinedBlock {
        key: QuarantineKey {
            tenant: tenant(row)?,
            view: row.text("view")?,
            block_id: row.id("block_id")?,
        },
        stream_id: row.id("stream_id")?,
        process_id: row.id("process_id")?,
        sequence: sequence(row, "sequence")?,
        reason: row.text("reason")?,
        time: time(row, "time")?,
    })
}

pub(crate) fn reclaimable_object(row: &impl StoredRow) -> Result<ReclaimableObject> {
    Ok(ReclaimableObject {
        key: row.text("object_key")?,
        since: time(row, "since")?,
        deleted_time: optional_time(row, "deleted_time")?,
    })
}

pub(crate) fn payload_reference(row: &impl StoredRow) -> Result<PayloadReference> {
    Ok(PayloadReference {
        tenant: tenant(row)?,
        block_id: row.id("block_id")?,
        location: location(row)?,
    })
}
