//! What a host decides about delivery.

use crate::http::credentials::ClientCredentials;
use crate::spool::SpoolOptions;
use std::fmt;
use std::time::Duration;

/// Limits and times of [`HttpSink`](crate::HttpSink).
///
/// ```
/// use micromegas_telemetry_sink::HttpOptions;
///
/// let options = HttpOptions { queue_bytes_max: 16 * 1024 * 1024, ..HttpOptions::default() };
/// assert_eq!(options.proxy, None);
/// ```
#[derive(Clone)]
pub struct HttpOptions {
    /// Sent as `Authorization: Bearer` with each request.
    pub api_key: Option<String>,
    /// Where to get a token that is sent instead, if there is no key.
    pub client_credentials: Option<ClientCredentials>,
    /// URL of a proxy; the environment is not asked.
    pub proxy: Option<String>,
    /// Certificates (PEM) of the authorities that may vouch for the server, in place of those the
    /// system trusts.
    pub root_certificates: Option<Vec<u8>>,
    /// How many bytes of memory waiting events may take.
    pub queue_bytes_max: usize,
    /// The same for traces: with more than this waiting, they find no room.
    pub queue_trace_bytes_max: usize,
    /// Where events wait that cannot be sent; without it they wait in memory only.
    pub spool: Option<SpoolOptions>,
    /// How long events may wait in memory if there is a spool. After a failure they do not.
    pub spool_after: Duration,
    /// How long one request may take altogether.
    pub request_timeout: Duration,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// The wait after the first failure; it doubles with each one that follows.
    pub backoff_min: Duration,
    /// The longest wait between two attempts, unless the server asks for more.
    pub backoff_max: Duration,
    /// How often a server that can change settings is asked for them while nothing is sent.
    pub control_period: Duration,
}

impl Default for HttpOptions {
    /// 64 MiB may wait, 48 of them taken by traces; no spool; the system's certificates; ten seconds for a request; waits from
    /// 200 ms to 30 s.
    fn default() -> Self {
        Self {
            api_key: None,
            client_credentials: None,
            proxy: None,
            root_certificates: None,
            queue_bytes_max: 64 * 1024 * 1024,
            queue_trace_bytes_max: 48 * 1024 * 1024,
            spool: None,
            spool_after: Duration::from_secs(1),
            request_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            backoff_min: Duration::from_millis(200),
            backoff_max: Duration::from_secs(30),
            control_period: Duration::from_secs(30),
        }
    }
}

impl fmt::Debug for HttpOptions {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpOptions")
            .field("has_api_key", &self.api_key.is_some())
            .field("client_credentials", &self.client_credentials)
            .field("has_proxy", &self.proxy.is_some())
            .field("has_root_certificates", &self.root_certificates.is_some())
            .field("queue_bytes_max", &self.queue_bytes_max)
            .field("queue_trace_bytes_max", &self.queue_trace_bytes_max)
            .field("spool", &self.spool)
            .field("spool_after", &self.spool_after)
            .field("request_timeout", &self.request_timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("backoff_min", &self.backoff_min)
            .field("backoff_max", &self.backoff_max)
            .field("control_period", &self.control_period)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let options = HttpOptions {
            api_key: Some("hunter2".to_owned()),
            client_credentials: Some(ClientCredentials::new("http://idp", "me", "hunter2")),
            proxy: Some("http://me:hunter2@proxy".to_owned()),
            ..HttpOptions::default()
        };
        assert!(!format!("{options:?}").contains("hunter2"));
    }
}
