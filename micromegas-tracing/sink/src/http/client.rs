//! One request and its answer.

use crate::http::options::HttpOptions;
use chrono::{DateTime, Utc};
use micromegas_transit::planar::{ACCEPT_HEADER, AcceptedCodecs};
use std::time::Duration;
use ureq::http::{HeaderMap, HeaderValue, StatusCode, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Proxy};

/// How much of an error's text is kept.
const REASON_BYTES_MAX: u64 = 1024;

/// A blocking client for documents.
#[derive(Debug)]
pub(super) struct Client {
    agent: Agent,
    authorization: Option<HeaderValue>,
    request_timeout: Duration,
}

/// An answer, and what it says about the server. Without an answer nothing is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) answer: Answer,
    pub(super) accepted: Option<AcceptedCodecs>,
}

/// What a request came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The server has it.
    Accepted,
    /// The server will never take it.
    Refused(String),
    /// It should be sent again, not before `retry_after`.
    TryAgain { retry_after: Option<Duration>, reason: String },
}

impl Client {
    /// The error says what is wrong with the options.
    pub(super) fn new(options: &HttpOptions) -> Result<Self, String> {
        let proxy = match &options.proxy {
            Some(url) => Some(Proxy::new(url).map_err(|error| format!("proxy: {error}"))?),
            None => None,
        };
        let authorization = match &options.api_key {
            Some(key) => Some(bearer(key)?),
            None => None,
        };
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(proxy)
            .tls_config(tls)
            .user_agent(concat!("micromegas-telemetry-sink/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(options.connect_timeout))
            .timeout_global(Some(options.request_timeout))
            .build();
        let request_timeout = options.request_timeout;
        Ok(Self { agent: config.into(), authorization, request_timeout })
    }

    /// Posts a CBOR document; takes no longer than `time_left`.
    pub(super) fn post(&self, url: &str, document: &[u8], time_left: Duration) -> Response {
        let timeout = self.request_timeout.min(time_left);
        let mut request = self
            .agent
            .post(url)
            .header(header::CONTENT_TYPE, "application/cbor")
            .config()
            .timeout_global(Some(timeout))
            .build();
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        match request.send(document) {
            Ok(mut response) => {
                let status = response.status();
                // Read to its end, so that the connection can be used again.
                let body = response.body_mut().with_config().limit(REASON_BYTES_MAX);
                let text = body.read_to_string().unwrap_or_default();
                let headers = response.headers();
                let answer = judge(status, headers, text.trim());
                Response { answer, accepted: Some(accepted(headers)) }
            }
            Err(error) => {
                let answer = Answer::TryAgain { retry_after: None, reason: error.to_string() };
                Response { answer, accepted: None }
            }
        }
    }
}

fn bearer(key: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", key.trim()))
        .map_err(|_| "the API key has characters that no HTTP header may have".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

fn judge(status: StatusCode, headers: &HeaderMap, text: &str) -> Answer {
    if status.is_success() {
        return Answer::Accepted;
    }
    let reason = if text.is_empty() { status.to_string() } else { format!("{status}: {text}") };
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        let retry_after = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.and_then(|value| parse_retry_after(value, Utc::now()));
        Answer::TryAgain { retry_after, reason }
    } else {
        Answer::Refused(reason)
    }
}

/// The planar blocks that a server reads which answers with these headers.
fn accepted(headers: &HeaderMap) -> AcceptedCodecs {
    let value = headers.get(ACCEPT_HEADER).and_then(|value| value.to_str().ok());
    value.map_or_else(AcceptedCodecs::default, AcceptedCodecs::parse)
}

/// Seconds, or a date.
fn parse_retry_after(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(value).ok()?;
    Some((date.with_timezone(&Utc) - now).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = Utc.with_ymd_and_hms(2026, 1, 2, 3, 4, 5).single().expect("a valid time");
        let parsed = |value| parse_retry_after(value, now);
        assert_eq!(parsed("30"), Some(Duration::from_secs(30)));
        assert_eq!(parsed("Fri, 02 Jan 2026 03:04:15 GMT"), Some(Duration::from_secs(10)));
        assert_eq!(parsed("Fri, 02 Jan 2026 03:04:00 GMT"), Some(Duration::ZERO));
        assert_eq!(parsed("soon"), None);
    }

    #[test]
    fn the_status_decides() {
        let judged = |status: u16| {
            let status = StatusCode::from_u16(status).expect("a valid status");
            judge(status, &HeaderMap::new(), "why")
        };
        assert_eq!(judged(200), Answer::Accepted);
        assert_eq!(judged(204), Answer::Accepted);
        for status in [301, 400, 401, 404, 413] {
            assert!(matches!(judged(status), Answer::Refused(_)), "{status}");
        }
        for status in [429, 500, 502, 503] {
            assert!(matches!(judged(status), Answer::TryAgain { .. }), "{status}");
        }
    }

    #[test]
    fn a_key_that_no_header_can_carry_is_refused_at_once() {
        let options = HttpOptions { api_key: Some("a\nb".to_owned()), ..HttpOptions::default() };
        assert!(Client::new(&options).is_err());
    }
}
