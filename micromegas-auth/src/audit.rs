//! Refused credentials in the audit log, however many there are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use micromegas_lakehouse::{AuditLog, NewAuditRecord, Tenant};
use micromegas_tracing::prelude::*;

use crate::refusal::Reason;

/// For how long refusals are counted before they are written.
const WINDOW: Duration = Duration::from_secs(10);
/// How many different refusals of that time are told apart; the others share one record.
const KINDS_MAX: usize = 32;

/// Counts refusals and writes them down, each kind once in a while.
#[derive(Debug)]
pub(crate) struct RefusalAudit {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    log: Arc<dyn AuditLog>,
    window: Duration,
    counts: Mutex<HashMap<Kind, u64>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Kind {
    tenant: Tenant,
    actor: String,
    target: String,
    reason: &'static str,
}

impl RefusalAudit {
    pub(crate) fn new(log: Arc<dyn AuditLog>) -> Self {
        Self::with_window(log, WINDOW)
    }

    fn with_window(log: Arc<dyn AuditLog>, window: Duration) -> Self {
        Self { shared: Arc::new(Shared { log, window, counts: Mutex::default() }) }
    }

    /// Counts a refusal. The first one of a window starts it, in the runtime of the request.
    pub(crate) fn note(&self, tenant: &Tenant, actor: &str, target: &str, reason: Reason) {
        let kind = Kind {
            tenant: tenant.clone(),
            actor: actor.to_owned(),
            target: target.to_owned(),
            reason: reason.as_str(),
        };
        let mut counts = self.shared.counts();
        let is_first = counts.is_empty();
        let kind = if counts.contains_key(&kind) || counts.len() < KINDS_MAX {
            kind
        } else {
            let tenant = Tenant::default();
            Kind { tenant, actor: String::new(), target: "others".to_owned(), reason: "many" }
        };
        *counts.entry(kind).or_default() += 1;
        drop(counts);
        if is_first {
            let shared = Arc::clone(&self.shared);
            tokio::spawn(async move {
                tokio::time::sleep(shared.window).await;
                shared.write().await;
            });
        }
    }
}

impl Drop for RefusalAudit {
    /// What was counted is written now rather than at the end of the window.
    fn drop(&mut self) {
        let shared = Arc::clone(&self.shared);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { shared.write().await });
        }
    }
}

impl Shared {
    /// Nothing panics while the lock is held.
    fn counts(&self) -> MutexGuard<'_, HashMap<Kind, u64>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn write(&self) {
        let counts = std::mem::take(&mut *self.counts());
        if counts.is_empty() {
            return;
        }
        let records = counts.into_iter().map(|(kind, count)| {
            NewAuditRecord::new(kind.tenant, kind.actor, "credentials.refuse", kind.target)
                .with("reason", kind.reason)
                .with("count", count.to_string())
        });
        if let Err(error) = self.log.append_audit(records.collect()).await {
            warn!("refused credentials cannot be recorded: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use micromegas_lakehouse::{AuditFilter, MemoryStore};

    use super::*;

    #[tokio::test]
    async fn a_flood_of_refusals_is_a_few_records_with_counts() {
        let log = Arc::new(MemoryStore::new());
        let window = Duration::from_millis(20);
        let audit = RefusalAudit::with_window(Arc::clone(&log) as Arc<dyn AuditLog>, window);
        let tenant = Tenant::default();
        for number in 0..1_000 {
            audit.note(&tenant, "", "key", Reason::UnknownKey);
            audit.note(&tenant, &format!("key:{number}"), "id", Reason::RevokedKey);
        }
        tokio::time::sleep(10 * window).await;
        let listed = log.list_audit(&[tenant], &AuditFilter::default(), 1_000).await.unwrap();
        assert_eq!(listed.len(), KINDS_MAX + 1);
        let counts = listed.iter().map(|entry| entry.record.details["count"].parse::<u64>());
        assert_eq!(counts.sum::<Result<u64, _>>().unwrap(), 2_000);
        let keys = listed.iter().find(|entry| entry.record.target == "key").unwrap();
        assert_eq!(keys.record.details["count"], "1000");
        assert_eq!(keys.record.details["reason"], "unknown key");
    }

    #[tokio::test]
    async fn what_was_counted_is_written_when_the_server_ends() {
        let log = Arc::new(MemoryStore::new());
        let audit = RefusalAudit::new(Arc::clone(&log) as Arc<dyn AuditLog>);
        audit.note(&Tenant::default(), "", "key", Reason::UnknownKey);
        drop(audit);
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        let filter = AuditFilter::default();
        assert_eq!(log.list_audit(&[Tenant::default()], &filter, 10).await.unwrap().len(), 1);
    }
}
