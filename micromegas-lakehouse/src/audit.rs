//! The audit log: who did what to whom, kept.

use std::collections::BTreeMap;
use std::fmt::Debug;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::error::Result;
use crate::keys::ApiKeyRecord;
use crate::lake::RecordKey;
use crate::sql_views::SqlViewRecord;
use crate::tenant::Tenant;

/// The longest text of an audit record, in bytes; longer ones are cut.
const TEXT_BYTES_MAX: usize = 1024;

/// Something to remember.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAuditRecord {
    /// The tenant it concerns. What concerns no tenant in particular belongs to the default one.
    pub tenant: Tenant,
    /// Who did it, as in [`Principal::subject`](crate::Principal::subject).
    pub actor: String,
    /// What was done: a noun and a verb, such as `key.create`.
    pub action: String,
    /// What it was done to.
    pub target: String,
    /// What else there is to say. Never a secret.
    pub details: BTreeMap<String, String>,
}

/// Something remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its place in the log.
    pub number: u64,
    /// When it was written, by the store's clock.
    pub time: DateTime<Utc>,
    /// What was to be remembered.
    pub record: NewAuditRecord,
}

/// Which audit records; the default is all of them.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Only those with greater numbers: that of the last record of the previous page.
    pub after: u64,
}

/// A log that is only ever appended to.
///
/// # What an implementation guarantees
///
/// Numbers grow with the time of writing and are never reused. What was appended with `Ok`
/// survives the death of this process.
#[async_trait]
pub trait AuditLog: Debug + Send + Sync {
    /// Appends records, all or none. Texts that are too long are cut.
    async fn append_audit(&self, records: Vec<NewAuditRecord>) -> Result<()>;

    /// Records of these tenants in the order of their numbers; at most `limit`.
    async fn list_audit(
        &self,
        tenants: &[Tenant],
        filter: &AuditFilter,
        limit: usize,
    ) -> Result<Vec<AuditRecord>>;
}

impl NewAuditRecord {
    /// A record without details.
    pub fn new(
        tenant: Tenant,
        actor: impl Into<String>,
        action: impl Into<String>,
        target: impl Into<String>,
    ) -> Self {
        Self {
            tenant,
            actor: actor.into(),
            action: action.into(),
            target: target.into(),
            details: BTreeMap::new(),
        }
    }

    /// Adds a detail.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// That a key was made.
    pub(crate) fn key_created(key: &ApiKeyRecord) -> Self {
        let record =
            Self::new(key.tenant.clone(), &key.created_by, "key.create", key.id.to_string());
        let record = record
            .with("name", &key.name)
            .with("prefix", &key.prefix)
            .with("rights", key.rights.to_string());
        match key.expires {
            Some(expires) => record.with("expires", expires.to_rfc3339()),
            None => record,
        }
    }

    /// That a key was revoked.
    pub(crate) fn key_revoked(key: &ApiKeyRecord, by: &str) -> Self {
        Self::new(key.tenant.clone(), by, "key.revoke", key.id.to_string())
            .with("name", &key.name)
            .with("prefix", &key.prefix)
    }

    /// That a process is being forgotten.
    pub(crate) fn process_forgotten(process: &RecordKey, by: &str) -> Self {
        Self::new(process.tenant.clone(), by, "process.forget", process.id.to_string())
    }

    /// That a forgotten process is let in again.
    pub(crate) fn process_allowed(process: &RecordKey, by: &str) -> Self {
        Self::new(process.tenant.clone(), by, "process.allow", process.id.to_string())
    }

    /// That a view was defined.
    pub(crate) fn view_defined(view: &SqlViewRecord) -> Self {
        Self::new(view.tenant.clone(), &view.created_by, "view.define", &view.name)
            .with("version", view.version.to_string())
            .with("sql", &view.sql)
    }

    /// That a view was dropped.
    pub(crate) fn view_dropped(view: &SqlViewRecord, by: &str) -> Self {
        Self::new(view.tenant.clone(), by, "view.drop", &view.name)
            .with("version", view.version.to_string())
    }

    /// The record with its texts cut to what is kept.
    pub(crate) fn bounded(mut self) -> Self {
        let details = self.details.values_mut();
        for text in [&mut self.actor, &mut self.action, &mut self.target].into_iter().chain(details)
        {
            text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        let long = "é".repeat(TEXT_BYTES_MAX);
        let record = NewAuditRecord::new(Tenant::default(), long.clone(), "a.b", "c");
        let record = record.with("reason", long).bounded();
        assert_eq!(record.actor.len(), TEXT_BYTES_MAX);
        assert_eq!(record.details["reason"].len(), TEXT_BYTES_MAX);
        assert_eq!(record.target, "c");
    }
}
