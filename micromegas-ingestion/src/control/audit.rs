//! What was done with rules, to be remembered.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use micromegas_lakehouse::{AuditRecord, NewAuditRecord, Tenant};

use super::rule::{ControlRule, read_tenant, write_tenant};

/// Who an action was done by that nobody asked for.
const SERVER: &str = "server";

/// What the names of all actions begin with.
pub(super) const FAMILY: &str = "control.";
/// The detail of a record that says when the action was done.
const TIME: &str = "time";

/// Something that was done with rules.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ControlAction {
    /// When it was done; of an end by time, that time.
    pub time: DateTime<Utc>,
    /// The tenant it concerns.
    #[serde(serialize_with = "write_tenant", deserialize_with = "read_tenant")]
    pub tenant: Tenant,
    /// Who did it: the principal's subject, or `server` for an end by time.
    pub actor: String,
    /// What was done: `control.set`, `control.list`, `control.remove` or `control.expire`.
    pub action: String,
    /// The rule it was done to, or `*` for all of the tenant's.
    pub target: String,
    /// What else there is to say.
    pub details: BTreeMap<String, String>,
}

impl ControlAction {
    fn new(tenant: &Tenant, actor: &str, action: &str, time: DateTime<Utc>) -> Self {
        Self {
            time,
            tenant: tenant.clone(),
            actor: actor.to_owned(),
            action: action.to_owned(),
            target: "*".to_owned(),
            details: BTreeMap::new(),
        }
    }

    pub(super) fn set(rule: &ControlRule) -> Self {
        let action = Self::new(&rule.tenant, &rule.created_by, "control.set", rule.created);
        action.of(rule).with("reason", &rule.reason).with("expires", &rule.expires.to_rfc3339())
    }

    pub(super) fn list(tenant: &Tenant, actor: &str, time: DateTime<Utc>) -> Self {
        Self::new(tenant, actor, "control.list", time)
    }

    pub(super) fn remove(rule: &ControlRule, actor: &str, time: DateTime<Utc>) -> Self {
        Self::new(&rule.tenant, actor, "control.remove", time).of(rule)
    }

    pub(super) fn expire(rule: &ControlRule) -> Self {
        Self::new(&rule.tenant, SERVER, "control.expire", rule.expires).of(rule)
    }

    /// The action as the audit log keeps it.
    pub(super) fn record(&self) -> NewAuditRecord {
        let (actor, action) = (self.actor.as_str(), self.action.as_str());
        let record = NewAuditRecord::new(self.tenant.clone(), actor, action, &self.target);
        let record = record.with(TIME, self.time.to_rfc3339());
        self.details.iter().fold(record, |record, (name, value)| record.with(name, value))
    }

    fn of(self, rule: &ControlRule) -> Self {
        let settings = serde_json::to_string(&rule.settings).unwrap_or_default();
        let action = Self { target: rule.id.to_string(), ..self };
        action.with("processes", &rule.processes.to_string()).with("settings", &settings)
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.details.insert(name.to_owned(), value.to_owned());
        self
    }
}

impl From<AuditRecord> for ControlAction {
    fn from(entry: AuditRecord) -> Self {
        let AuditRecord { time, record, .. } = entry;
        let mut details = record.details;
        // When it was done is told; when it was written stands in for that.
        let told = details.remove(TIME);
        let told = told.and_then(|text| DateTime::parse_from_rfc3339(&text).ok());
        Self {
            time: told.map_or(time, |told| told.to_utc()),
            tenant: record.tenant,
            actor: record.actor,
            action: record.action,
            target: record.target,
            details,
        }
    }
}
