//! What was done with rules, to be remembered.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use micromegas_lakehouse::Tenant;
use uuid::Uuid;

use super::rule::{ControlRule, read_tenant, write_tenant};

/// Who an action was done by that nobody asked for.
const SERVER: &str = "server";

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
    /// What distinguishes it from another action at the same time.
    #[serde(skip, default = "Uuid::new_v4")]
    pub(super) unique: Uuid,
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
            unique: Uuid::new_v4(),
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

    /// Every server that sees the end describes it the same way, so that it is remembered once.
    pub(super) fn expire(rule: &ControlRule) -> Self {
        let action = Self::new(&rule.tenant, SERVER, "control.expire", rule.expires);
        Self { unique: rule.id, ..action.of(rule) }
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
