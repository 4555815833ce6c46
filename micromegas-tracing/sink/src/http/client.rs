//! One request and its answer.

use crate::control::{CONTROL_HEADER, CONTROL_TYPE, SETTINGS_BYTES_MAX, control_value};
use crate::http::credentials::Authorization;
use crate::http::options::HttpOptions;
use chrono::{DateTime, Utc};
use micromegas_transit::planar::{ACCEPT_HEADER, AcceptedCodecs};
use std::time::Duration;
use ureq::http::{HeaderMap, HeaderValue, StatusCode, header};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Proxy, RequestBuilder};
use uuid::Uuid;

/// How much of an error's text is kept.
const REASON_BYTES_MAX: u64 = 1024;

/// A blocking client for documents.
#[derive(Debug)]
pub(super) struct Client {
    agent: Agent,
    authorization: Authorization,
    /// Says that this client can be controlled, and who it is.
    control: Option<HeaderValue>,
    request_timeout: Duration,
}

/// An answer, and what it says about the server. Without an answer nothing is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) answer: Answer,
    pub(super) server: Option<ServerFacts>,
}

/// What an answer says about the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServerFacts {
    /// It is one of ours: it says which planar blocks it reads, be it none.
    pub(super) is_ours: bool,
    pub(super) accepted: AcceptedCodecs,
    /// It can change settings.
    pub(super) has_control: bool,
    /// The settings it wants, as a document.
    pub(super) settings: Option<Vec<u8>>,
}

/// What a request came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The server has it.
    Accepted,
    /// The server will never take it.
    Refused(String),
    /// It should be sent again, not before `retry_after`.
    TryAgain {
        retry_after: Option<Duration>,
        reason: String,
        /// The server failed, perhaps over this very document.
        is_server_failure: bool,
    },
}

impl Client {
    /// The error says what is wrong with the options.
    pub(super) fn new(options: &HttpOptions) -> Result<Self, String> {
        let proxy = match &options.proxy {
            // Its error may quote what was given, and that may hold a password.
            Some(url) => {
                Some(Proxy::new(url).map_err(|_| "the proxy is no URL of one".to_owned())?)
            }
            None => None,
        };
        let roots = match &options.root_certificates {
            Some(pem) => certificates(pem)?,
            None => RootCerts::PlatformVerifier,
        };
        let tls = TlsConfig::builder().root_certs(roots).build();
        let total = Some(options.request_timeout);
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(proxy)
            .tls_config(tls)
            .user_agent(concat!("micromegas-telemetry-sink/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(options.connect_timeout))
            .timeout_connect(Some(options.connect_timeout))
            .timeout_send_request(total)
            .timeout_send_body(total)
            .timeout_recv_response(total)
            .timeout_recv_body(total)
            .timeout_per_call(total)
            .timeout_global(total)
            .build();
        let authorization = Authorization::new(options)?;
        let request_timeout = options.request_timeout;
        Ok(Self { agent: config.into(), authorization, control: None, request_timeout })
    }

    /// From now on requests say that this process can be controlled.
    pub(super) fn announce_control(&mut self, process_id: Uuid) {
        self.control = HeaderValue::from_str(&control_value(process_id)).ok();
    }

    /// Posts a CBOR document; takes no longer than `time_left`.
    pub(super) fn post(&mut self, url: &str, document: &[u8], time_left: Duration) -> Response {
        self.exchange(url, Some(document), time_left)
    }

    /// Asks for what is there; takes no longer than `time_left`.
    pub(super) fn get(&mut self, url: &str, time_left: Duration) -> Response {
        self.exchange(url, None, time_left)
    }

    /// A token that the server does not believe is replaced, once.
    fn exchange(&mut self, url: &str, document: Option<&[u8]>, time_left: Duration) -> Response {
        let timeout = self.request_timeout.min(time_left);
        match self.send(url, document, timeout) {
            Ok(answer)
                if answer.status() == StatusCode::UNAUTHORIZED && self.authorization.renew() =>
            {
                drop(answer);
                self.send(url, document, timeout).map_or_else(no_answer, read)
            }
            answer => answer.map_or_else(no_answer, read),
        }
    }

    fn send(
        &mut self,
        url: &str,
        document: Option<&[u8]>,
        timeout: Duration,
    ) -> Result<ureq::http::Response<Body>, String> {
        let authorization = self.authorization.header(&self.agent, timeout)?;
        let mut headers = HeaderMap::new();
        headers.extend(authorization.map(|value| (header::AUTHORIZATION, value)));
        headers.extend(self.control.clone().map(|value| (CONTROL_HEADER, value)));
        let answer = match document {
            Some(document) => {
                let content_type = HeaderValue::from_static("application/cbor");
                headers.insert(header::CONTENT_TYPE, content_type);
                let request = with_headers(self.agent.post(url), headers);
                request.config().timeout_global(Some(timeout)).build().send(document)
            }
            None => {
                let request = with_headers(self.agent.get(url), headers);
                request.config().timeout_global(Some(timeout)).build().call()
            }
        };
        answer.map_err(|error| error.to_string())
    }
}

fn certificates(pem: &[u8]) -> Result<RootCerts, String> {
    let mut found = Vec::new();
    for item in parse_pem(pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => found.push(certificate),
            Ok(_) => {}
            Err(error) => return Err(format!("the root certificates cannot be read: {error}")),
        }
    }
    if found.is_empty() {
        return Err("there is no certificate among the root certificates".to_owned());
    }
    Ok(RootCerts::from(found))
}

fn with_headers<B>(mut request: RequestBuilder<B>, headers: HeaderMap) -> RequestBuilder<B> {
    if let Some(own) = request.headers_mut() {
        own.extend(headers);
    }
    request
}

fn no_answer(reason: String) -> Response {
    let answer = Answer::TryAgain { retry_after: None, reason, is_server_failure: false };
    Response { answer, server: None }
}

/// Reads an answer to its end, so that the connection can be used again.
fn read(mut response: ureq::http::Response<Body>) -> Response {
    let status = response.status();
    let has_settings = response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|value| value.trim().eq_ignore_ascii_case(CONTROL_TYPE));
    let limit = if has_settings { SETTINGS_BYTES_MAX } else { REASON_BYTES_MAX };
    let body = response.body_mut().with_config().limit(limit).read_to_vec();
    let headers = response.headers();
    let (text, settings) = match body {
        Ok(body) if has_settings => (String::new(), Some(body)),
        Ok(body) => (String::from_utf8_lossy(&body).trim().to_owned(), None),
        Err(_) => Default::default(),
    };
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let server = ServerFacts {
        is_ours: value(ACCEPT_HEADER).is_some(),
        accepted: value(ACCEPT_HEADER).map(AcceptedCodecs::parse).unwrap_or_default(),
        has_control: value(CONTROL_HEADER.as_str()).is_some_and(|value| value.trim() == "1"),
        settings,
    };
    Response { answer: judge(status, headers, &text), server: Some(server) }
}

fn judge(status: StatusCode, headers: &HeaderMap, text: &str) -> Answer {
    if status.is_success() {
        return Answer::Accepted;
    }
    let reason = if text.is_empty() { status.to_string() } else { format!("{status}: {text}") };
    let is_transient = matches!(
        status,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
    );
    if status.is_server_error() || is_transient {
        let retry_after = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.and_then(|value| parse_retry_after(value, Utc::now()));
        let is_server_failure = status == StatusCode::INTERNAL_SERVER_ERROR;
        Answer::TryAgain { retry_after, reason, is_server_failure }
    } else {
        Answer::Refused(reason)
    }
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
        for status in [408, 425, 429, 500, 502, 503] {
            assert!(matches!(judged(status), Answer::TryAgain { .. }), "{status}");
        }
    }
}
