//! Settings for some processes, until a time.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use micromegas_lakehouse::Tenant;
use micromegas_transit::ProcessInfo;
use serde::{Deserialize, Deserializer, Serializer};
use uuid::Uuid;

use super::settings::{ControlSettings, refused};
use crate::Error;

/// The longest reason, name of an executable, and name or value of a property, in bytes.
const TEXT_BYTES_MAX: usize = 1024;
/// The most properties of a rule.
const PROPERTY_COUNT_MAX: usize = 32;

/// Which processes of a tenant; all that is said must be true of one.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProcessMatch {
    /// The process with this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process_id: Option<Uuid>,
    /// Processes of this executable: its whole path, or its last part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exe: Option<String>,
    /// Processes with these properties. The case of their names does not matter.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
}

/// A rule to set.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewControlRule {
    /// The tenant of the processes; the principal's home if it is absent.
    #[serde(default, deserialize_with = "read_optional_tenant")]
    pub tenant: Option<Tenant>,
    /// Which processes.
    pub processes: ProcessMatch,
    /// What is to change in them, and for how long.
    pub settings: ControlSettings,
    /// Why, in the operator's words.
    #[serde(default)]
    pub reason: String,
}

/// A rule in force.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ControlRule {
    /// What it is removed by.
    pub id: Uuid,
    /// The tenant of the processes.
    #[serde(serialize_with = "write_tenant", deserialize_with = "read_tenant")]
    pub tenant: Tenant,
    /// Which processes.
    pub processes: ProcessMatch,
    /// What changes in them, and for how long from the beginning.
    pub settings: ControlSettings,
    /// Why, in the operator's words.
    pub reason: String,
    /// Who set it.
    pub created_by: String,
    /// When it was set.
    pub created: DateTime<Utc>,
    /// When it ends.
    pub expires: DateTime<Utc>,
}

impl ProcessMatch {
    /// Whether more is to be known of a process than its id.
    pub(super) fn needs_description(&self) -> bool {
        self.exe.is_some() || !self.properties.is_empty()
    }

    /// Whether the id is one of those that are meant.
    pub(super) fn allows_id(&self, id: Uuid) -> bool {
        self.process_id.is_none_or(|own| own == id)
    }

    /// Whether the rest is true of a process.
    pub(super) fn allows(&self, process: &ProcessInfo) -> bool {
        let exe = process.exe.as_str();
        let file = exe.rsplit(['/', '\\']).next();
        let has_property = |(name, value): (&String, &String)| {
            let mut named = process.properties.iter().filter(|(own, _)| {
                // Two properties may differ in the case of their names only.
                own.eq_ignore_ascii_case(name)
            });
            named.any(|(_, own)| own == value)
        };
        self.exe.as_deref().is_none_or(|own| own == exe || Some(own) == file)
            && self.properties.iter().all(has_property)
    }

    fn validate(&self) -> Result<(), Error> {
        if self.process_id.is_none() && !self.needs_description() {
            return Err(refused(
                "say which processes: give `process_id`, `exe` or `properties` in `processes`",
            ));
        }
        if self.properties.len() > PROPERTY_COUNT_MAX {
            return Err(refused(&format!("a rule has at most {PROPERTY_COUNT_MAX} properties")));
        }
        let properties = self.properties.iter().flat_map(|(name, value)| [name, value]);
        properties.chain(&self.exe).try_for_each(|text| bounded(text))
    }
}

impl NewControlRule {
    /// The rule as it is in force from `now` on.
    pub(super) fn begin(
        self,
        tenant: Tenant,
        created_by: &str,
        now: DateTime<Utc>,
    ) -> Result<ControlRule, Error> {
        self.processes.validate()?;
        self.settings.validate()?;
        bounded(&self.reason)?;
        // At most a day, so this fits.
        let lifetime = chrono::TimeDelta::seconds(self.settings.ttl_seconds.cast_signed());
        Ok(ControlRule {
            id: Uuid::new_v4(),
            tenant,
            processes: self.processes,
            settings: self.settings,
            reason: self.reason,
            created_by: created_by.to_owned(),
            created: now,
            expires: now + lifetime,
        })
    }
}

impl ControlRule {
    /// Whether it is still in force.
    pub(super) fn is_live(&self, now: DateTime<Utc>) -> bool {
        now < self.expires
    }
}

impl fmt::Display for ProcessMatch {
    /// As JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

fn bounded(text: &str) -> Result<(), Error> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(refused(&format!("a text of a rule has at most {TEXT_BYTES_MAX} bytes")));
    }
    Ok(())
}

pub(super) fn write_tenant<S: Serializer>(tenant: &Tenant, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(tenant.as_str())
}

pub(super) fn read_tenant<'de, D: Deserializer<'de>>(from: D) -> Result<Tenant, D::Error> {
    Tenant::new(&String::deserialize(from)?).map_err(serde::de::Error::custom)
}

fn read_optional_tenant<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Tenant>, D::Error> {
    let name = Option::<String>::deserialize(from)?;
    name.map(|name| Tenant::new(&name)).transpose().map_err(serde::de::Error::custom)
}
