//! What was done with rules, in the lake's audit log.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use micromegas_lakehouse::{AuditFilter, LeaseKey, MetadataStore, Tenant};
use uuid::Uuid;

use super::audit::{ControlAction, FAMILY};
use super::rule::ControlRule;
use crate::Error;

/// How long one exchange with the store may take.
const STORE_TIMEOUT: Duration = Duration::from_secs(10);
/// How many records are read at a time.
const PAGE_LENGTH: usize = 1_000;
/// For how long a server that describes the end of a rule is given the time to do it.
const TURN: Duration = Duration::from_secs(30);

/// Writes actions into the audit log and reads them back.
#[derive(Debug)]
pub(super) struct Journal {
    store: Arc<dyn MetadataStore>,
    holder: String,
    retry_after: Duration,
}

impl Journal {
    pub(super) fn new(store: Arc<dyn MetadataStore>, retry_after: Duration) -> Self {
        Self { store, holder: Uuid::new_v4().to_string(), retry_after }
    }

    pub(super) async fn append(&self, action: &ControlAction) -> Result<(), Error> {
        self.within(self.store.append_audit(vec![action.record()])).await
    }

    /// Remembers the end of a rule by time, and tells whether it is remembered: of the servers that
    /// see it, one does it, and until it is done the others leave the rule alone.
    pub(super) async fn append_end(&self, rule: &ControlRule) -> Result<bool, Error> {
        let key = LeaseKey::new(rule.tenant.clone(), format!("control-end-{}", rule.id));
        let turn = self.within(self.store.acquire_lease(&key, &self.holder, TURN)).await?;
        if turn.is_some() {
            self.append(&ControlAction::expire(rule)).await?;
        }
        Ok(turn.is_some())
    }

    /// The latest actions of a tenant, the latest first.
    pub(super) async fn list(
        &self,
        tenant: &Tenant,
        limit: usize,
    ) -> Result<Vec<ControlAction>, Error> {
        let mut latest = VecDeque::new();
        let mut filter = AuditFilter::default();
        loop {
            let tenants = std::slice::from_ref(tenant);
            let page = self.within(self.store.list_audit(tenants, &filter, PAGE_LENGTH)).await?;
            let (length, last) = (page.len(), page.last().map(|entry| entry.number));
            let actions = page.into_iter().filter(|entry| entry.record.action.starts_with(FAMILY));
            for entry in actions {
                latest.push_front(ControlAction::from(entry));
                latest.truncate(limit);
            }
            match last {
                Some(last) if length == PAGE_LENGTH => filter.after = last,
                _ => return Ok(latest.into()),
            }
        }
    }

    async fn within<T>(
        &self,
        exchange: impl Future<Output = micromegas_lakehouse::Result<T>>,
    ) -> Result<T, Error> {
        let unavailable = |source: Option<micromegas_lakehouse::Error>| Error::Unavailable {
            what: "the metadata store does not answer; try again later".to_owned(),
            retry_after: self.retry_after,
            source: source.map(|source| Box::new(source) as _),
        };
        match tokio::time::timeout(STORE_TIMEOUT, exchange).await {
            Ok(outcome) => outcome.map_err(|error| unavailable(Some(error))),
            Err(_) => Err(unavailable(None)),
        }
    }
}
