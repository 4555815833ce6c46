//! What the host decides about an issuer.

use std::time::Duration;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::oidc::Grant;

/// An issuer of tokens, and what its tokens allow. Deserialises from the obvious JSON:
///
/// ```
/// # let json = r#"
/// {
///     "issuer": "https://login.example.org/realms/games",
///     "audience": ["micromegas"],
///     "grants": [
///         { "claim": "groups", "value": "operators", "tenants": ["default"], "rights": "all" },
///         { "tenants": ["default"], "rights": "query" }
///     ]
/// }
/// # "#;
/// # let options: micromegas_auth::OidcOptions = serde_json::from_str(json).unwrap();
/// # assert_eq!(options.grants.len(), 2);
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct OidcOptions {
    /// The issuer exactly as its tokens name it: a URL with `https`, or with `http` of this
    /// machine.
    pub issuer: String,
    /// Tokens must be for one of these.
    pub audience: Vec<String>,
    /// What tokens allow: the first grant that matches counts. A token that none matches is
    /// valid and allows nothing.
    pub grants: Vec<Grant>,
    /// Where the issuer's keys are; by default its discovery document is asked.
    #[serde(default)]
    pub jwks_uri: Option<String>,
    /// The proxy on the way to the issuer, as a URL; none by default.
    #[serde(default)]
    pub proxy: Option<String>,
    /// By how much the clocks may differ; 60 seconds by default, 5 minutes at most.
    #[serde(default = "defaults::clock_skew", with = "seconds")]
    pub clock_skew: Duration,
    /// After what time keys are fetched anew; 10 minutes by default.
    #[serde(default = "defaults::refresh_interval", with = "seconds")]
    pub refresh_interval: Duration,
    /// How often the issuer is asked at most, whatever tokens come and whether it answers or
    /// not; 30 seconds by default. So long a new key may be unknown.
    #[serde(default = "defaults::refresh_pause", with = "seconds")]
    pub refresh_pause: Duration,
    /// For how long keys are used while the issuer does not answer; 24 hours by default.
    #[serde(default = "defaults::stale_time", with = "seconds")]
    pub stale_time: Duration,
    /// How long a request to the issuer may take; 5 seconds by default.
    #[serde(default = "defaults::request_timeout", with = "seconds")]
    pub request_timeout: Duration,
}

/// The longest difference of clocks that can be allowed.
const CLOCK_SKEW_MAX: Duration = Duration::from_secs(300);

mod defaults {
    use std::time::Duration;

    pub(super) fn clock_skew() -> Duration {
        Duration::from_secs(60)
    }

    pub(super) fn refresh_interval() -> Duration {
        Duration::from_secs(600)
    }

    pub(super) fn refresh_pause() -> Duration {
        Duration::from_secs(30)
    }

    pub(super) fn stale_time() -> Duration {
        Duration::from_secs(24 * 3600)
    }

    pub(super) fn request_timeout() -> Duration {
        Duration::from_secs(5)
    }
}

/// Durations as numbers of seconds.
mod seconds {
    use std::time::Duration;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(from)?;
        Duration::try_from_secs_f64(seconds).map_err(|_| D::Error::custom("a number of seconds"))
    }
}

impl OidcOptions {
    /// An issuer with the defaults for everything else.
    pub fn new(
        issuer: impl Into<String>,
        audience: impl IntoIterator<Item = String>,
        grants: impl IntoIterator<Item = Grant>,
    ) -> Self {
        Self {
            issuer: issuer.into(),
            audience: audience.into_iter().collect(),
            grants: grants.into_iter().collect(),
            jwks_uri: None,
            proxy: None,
            clock_skew: defaults::clock_skew(),
            refresh_interval: defaults::refresh_interval(),
            refresh_pause: defaults::refresh_pause(),
            stale_time: defaults::stale_time(),
            request_timeout: defaults::request_timeout(),
        }
    }

    /// Sets [`clock_skew`](Self::clock_skew).
    #[must_use]
    pub fn with_clock_skew(mut self, skew: Duration) -> Self {
        self.clock_skew = skew;
        self
    }

    /// Sets [`refresh_interval`](Self::refresh_interval).
    #[must_use]
    pub fn with_refresh_interval(mut self, interval: Duration) -> Self {
        self.refresh_interval = interval;
        self
    }

    /// Sets [`refresh_pause`](Self::refresh_pause).
    #[must_use]
    pub fn with_refresh_pause(mut self, pause: Duration) -> Self {
        self.refresh_pause = pause;
        self
    }

    /// Sets [`stale_time`](Self::stale_time).
    #[must_use]
    pub fn with_stale_time(mut self, time: Duration) -> Self {
        self.stale_time = time;
        self
    }

    pub(crate) fn validate(&self) -> Result<()> {
        require_safe(&self.issuer)?;
        self.jwks_uri.as_deref().map_or(Ok(()), require_safe)?;
        if self.audience.is_empty() || self.audience.iter().any(String::is_empty) {
            return Err(Error::invalid(format!(
                "the issuer {} needs an audience: the name that its tokens have for this server",
                self.issuer
            )));
        }
        if self.grants.is_empty() {
            return Err(Error::invalid(format!(
                "the issuer {} needs grants, or its tokens allow nothing",
                self.issuer
            )));
        }
        if self.clock_skew > CLOCK_SKEW_MAX {
            return Err(Error::invalid("clocks may differ by 5 minutes at most"));
        }
        Ok(())
    }
}

/// Refuses addresses from which somebody on the way could send keys of his own.
pub(crate) fn require_safe(url: &str) -> Result<()> {
    let refused = || {
        Error::invalid(format!(
            "{url:?} is no address for an issuer or its keys: use https, or http on this machine"
        ))
    };
    let uri: http::Uri = url.parse().map_err(|_| refused())?;
    let host = uri.host().unwrap_or_default();
    // Credentials in an address would stand in every message about it.
    let is_plain = !host.is_empty() && !uri.authority().is_some_and(|a| a.as_str().contains('@'));
    let is_here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    match uri.scheme_str() {
        Some("https") if is_plain => Ok(()),
        Some("http") if is_plain && is_here => Ok(()),
        _ => Err(refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_over_encrypted_connections_or_from_this_machine() {
        for url in ["https://login.example.org", "http://127.0.0.1:80/x", "http://localhost:1"] {
            require_safe(url).unwrap();
        }
        for url in [
            "http://login.example.org",
            "http://127.0.0.1.example.org",
            "http://localhost@example.org",
            "https://user:secret@example.org",
            "file:///etc/passwd",
            "login.example.org",
            "",
        ] {
            require_safe(url).unwrap_err();
        }
    }

    #[test]
    fn an_issuer_without_audience_or_grants_is_refused() {
        let grant: Grant =
            serde_json::from_str(r#"{ "tenants": ["default"], "rights": "query" }"#).unwrap();
        let options = OidcOptions::new("https://a.example", ["me".to_owned()], [grant.clone()]);
        options.validate().unwrap();
        OidcOptions::new("https://a.example", [], [grant.clone()]).validate().unwrap_err();
        OidcOptions::new("https://a.example", ["me".to_owned()], []).validate().unwrap_err();
        options.with_clock_skew(Duration::from_secs(3600)).validate().unwrap_err();
    }

    #[test]
    fn times_are_written_in_seconds() {
        let text = r#"{ "issuer": "https://a.example", "audience": ["me"], "grants": [],
                        "clock_skew": 1.5 }"#;
        let options: OidcOptions = serde_json::from_str(text).unwrap();
        assert_eq!(options.clock_skew, Duration::from_millis(1500));
        let negative = text.replace("1.5", "-1");
        assert!(serde_json::from_str::<OidcOptions>(&negative).is_err());
        let misspelt = text.replace("clock_skew", "clockskew");
        assert!(serde_json::from_str::<OidcOptions>(&misspelt).is_err());
    }
}
