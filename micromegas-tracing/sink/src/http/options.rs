//! What a host decides about delivery.

use std::time::Duration;

/// Limits and times of [`HttpSink`](crate::HttpSink).
///
/// ```
/// use micromegas_telemetry_sink::HttpOptions;
///
/// let options = HttpOptions { queue_bytes_max: 16 * 1024 * 1024, ..HttpOptions::default() };
/// assert_eq!(options.proxy, None);
/// ```
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Sent as `Authorization: Bearer` with each request.
    pub api_key: Option<String>,
    /// URL of a proxy; the environment is not asked.
    pub proxy: Option<String>,
    /// How many bytes of events may wait.
    pub queue_bytes_max: usize,
    /// How long one request may take altogether.
    pub request_timeout: Duration,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// The wait after the first failure; it doubles with each one that follows.
    pub backoff_min: Duration,
    /// The longest wait between two attempts, unless the server asks for more.
    pub backoff_max: Duration,
}

impl Default for HttpOptions {
    /// 64 MiB may wait; ten seconds for a request; waits from 200 ms to 30 s.
    fn default() -> Self {
        Self {
            api_key: None,
            proxy: None,
            queue_bytes_max: 64 * 1024 * 1024,
            request_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            backoff_min: Duration::from_millis(200),
            backoff_max: Duration::from_secs(30),
        }
    }
}
