//! The document that settings come in.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use ureq::http::HeaderName;
use uuid::Uuid;

/// Says in a request that the client can be controlled, and in an answer that the server controls.
pub(crate) const CONTROL_HEADER: HeaderName = HeaderName::from_static("micromegas-control");

/// The content type of the document.
pub(crate) const CONTROL_TYPE: &str = "application/vnd.micromegas.control+json";

/// A larger document is not read.
pub(crate) const SETTINGS_BYTES_MAX: u64 = 64 * 1024;

/// Settings stay in force this long at most, unless they are sent again.
const TIME_TO_LIVE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// What this client says in its requests.
pub(crate) fn control_value(process_id: Uuid) -> String {
    format!("1; process={process_id}")
}

/// Settings that a server wants a process to have for a while. What is absent stays as the host
/// has set it.
///
/// ```
/// use micromegas_telemetry_sink::ControlSettings;
///
/// let text = r#"{ "ttl_seconds": 300, "level": "debug", "target_levels": { "net": "trace" } }"#;
/// let settings = ControlSettings::from_json(text.as_bytes()).expect("settings");
/// assert_eq!(settings.level.as_deref(), Some("debug"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ControlSettings {
    /// How long they are in force, counted by the client from the arrival of the answer.
    pub ttl_seconds: u64,
    /// The least severe level of log entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The same for targets of their own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub target_levels: BTreeMap<String, String>,
    /// The finest verbosity of metrics and spans.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verbosity: Option<String>,
    /// The same for targets of their own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub target_verbosities: BTreeMap<String, String>,
    /// Which blocks of threads are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampling: Option<Sampling>,
}

/// Which blocks of threads are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sampling {
    /// Every one.
    All,
    /// None.
    None,
    /// Those that the host's own rule keeps.
    Host,
}

impl ControlSettings {
    /// Reads a document.
    ///
    /// # Errors
    /// If it is not one; the text says why.
    pub fn from_json(document: &[u8]) -> Result<Self, String> {
        // Of an object only; serde would take a list, too.
        let object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(document).map_err(|error| error.to_string())?;
        serde_json::from_value(object.into()).map_err(|error| error.to_string())
    }

    /// How long the settings are in force; no time at all if they change nothing.
    pub(super) fn time_to_live(&self) -> Duration {
        let changes_nothing = *self == Self { ttl_seconds: self.ttl_seconds, ..Self::default() };
        if changes_nothing {
            return Duration::ZERO;
        }
        Duration::from_secs(self.ttl_seconds).min(TIME_TO_LIVE_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_do_not_matter_and_empty_settings_end_at_once() {
        let empty = ControlSettings::from_json(b"{\"ttl_seconds\": 9, \"colour\": 1}");
        assert_eq!(empty.expect("settings").time_to_live(), Duration::ZERO);
        let long = ControlSettings::from_json(b"{\"ttl_seconds\": 999999, \"sampling\": \"none\"}");
        let long = long.expect("settings");
        assert_eq!((long.time_to_live(), long.sampling), (TIME_TO_LIVE_MAX, Some(Sampling::None)));
        assert!(ControlSettings::from_json(b"[]").is_err());
        assert!(ControlSettings::from_json(b"{\"sampling\": \"some\"}").is_err());
    }

    #[test]
    fn settings_round_trip() {
        let settings = ControlSettings {
            ttl_seconds: 5,
            level: Some("debug".to_owned()),
            target_levels: [("net".to_owned(), "trace".to_owned())].into(),
            sampling: Some(Sampling::Host),
            ..ControlSettings::default()
        };
        let text = serde_json::to_vec(&settings).expect("can be written");
        assert_eq!(ControlSettings::from_json(&text), Ok(settings));
    }
}
