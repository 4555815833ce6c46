//! Keys and the audit log.

use async_trait::async_trait;
use chrono::{SubsecRound, Utc};
use uuid::Uuid;

use super::MemoryStore;
use crate::audit::{AuditFilter, AuditLog, AuditRecord, NewAuditRecord};
use crate::error::{Error, Result};
use crate::keys::{
    ApiKeyRecord, KeyFilter, KeyHash, KeyStore, NewApiKey, Revocation, require_actor,
};
use crate::lake::RecordKey;
use crate::tenant::Tenant;

/// Keys and the audit log, in the order of their arrival.
#[derive(Debug, Default)]
pub(super) struct AccessState {
    keys: Vec<ApiKeyRecord>,
    audit: Vec<AuditRecord>,
}

impl AccessState {
    pub(super) fn append(&mut self, records: impl IntoIterator<Item = NewAuditRecord>) {
        let time = Utc::now().trunc_subsecs(6);
        for record in records {
            let number = self.audit.len() as u64 + 1;
            self.audit.push(AuditRecord { number, time, record: record.bounded() });
        }
    }
}

#[async_trait]
impl KeyStore for MemoryStore {
    async fn insert_key(&self, key: NewApiKey) -> Result<ApiKeyRecord> {
        key.validate()?;
        let access = &mut self.state().access;
        if access.keys.iter().any(|known| known.id == key.id || known.hash == key.hash) {
            return Err(Error::AlreadyExists { what: format!("key {}", key.id) });
        }
        let record = ApiKeyRecord::new(key, Utc::now().trunc_subsecs(6));
        access.keys.push(record.clone());
        access.append([NewAuditRecord::key_created(&record)]);
        Ok(record)
    }

    async fn fetch_key(&self, hash: &KeyHash) -> Result<Option<ApiKeyRecord>> {
        Ok(self.state().access.keys.iter().find(|key| key.hash == *hash).cloned())
    }

    async fn list_keys(&self, filter: &KeyFilter, limit: usize) -> Result<Vec<ApiKeyRecord>> {
        let place = |key: &ApiKeyRecord| RecordKey::new(key.tenant.clone(), key.id);
        let mut found: Vec<_> = self
            .state()
            .access
            .keys
            .iter()
            .filter(|key| filter.tenants.as_ref().is_none_or(|list| list.contains(&key.tenant)))
            .filter(|key| filter.after.as_ref().is_none_or(|after| place(key) > *after))
            .cloned()
            .collect();
        found.sort_by_key(place);
        found.truncate(limit);
        Ok(found)
    }

    async fn revoke_key(&self, tenant: &Tenant, id: Uuid, by: &str) -> Result<ApiKeyRecord> {
        require_actor(by)?;
        let access = &mut self.state().access;
        let found = access.keys.iter_mut().find(|key| key.tenant == *tenant && key.id == id);
        let Some(key) = found else {
            return Err(Error::not_found(format!("key {id}")));
        };
        let is_first = key.revoked.is_none();
        key.revoked.get_or_insert_with(|| Revocation {
            time: Utc::now().trunc_subsecs(6),
            by: by.to_owned(),
        });
        let record = key.clone();
        if is_first {
            access.append([NewAuditRecord::key_revoked(&record, by)]);
        }
        Ok(record)
    }
}

#[async_trait]
impl AuditLog for MemoryStore {
    async fn append_audit(&self, records: Vec<NewAuditRecord>) -> Result<()> {
        self.state().access.append(records);
        Ok(())
    }

    async fn list_audit(
        &self,
        tenants: &[Tenant],
        filter: &AuditFilter,
        limit: usize,
    ) -> Result<Vec<AuditRecord>> {
        let state = self.state();
        let records = state.access.audit.iter();
        Ok(records
            .filter(|found| found.number > filter.after && tenants.contains(&found.record.tenant))
            .take(limit)
            .cloned()
            .collect())
    }
}
