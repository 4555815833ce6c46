//! How an [`Error`] is said in HTTP.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::Error;

/// The longest reason that is sent. Clients print it in one line of their own log.
const REASON_BYTES_MAX: usize = 300;

impl Error {
    /// The HTTP status that means the same: 4xx for "never again", 503 for "later".
    pub fn status(&self) -> StatusCode {
        match self {
            Self::InvalidInput { .. } => StatusCode::BAD_REQUEST,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMedia { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::NotFound { .. } => StatusCode::NOT_FOUND,
            Self::Overloaded { .. } | Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = (self.status(), self.reason()).into_response();
        self.add_headers(response.headers_mut());
        response
    }
}

impl Error {
    /// What the sender is told: one printable line of bounded length.
    pub(crate) fn reason(&self) -> String {
        one_line(&self.to_string())
    }

    /// Says when to come back, or how to identify oneself.
    pub(crate) fn add_headers(&self, headers: &mut HeaderMap) {
        if let Some(delay) = self.retry_after() {
            let seconds = delay.as_secs_f64().ceil().max(1.0) as u64;
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if matches!(self, Self::Unauthenticated) {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
    }
}

/// The reason in one printable line of bounded length, whatever a sender made us quote.
fn one_line(reason: &str) -> String {
    let mut line: String = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.len() > REASON_BYTES_MAX {
        line.truncate(line.floor_char_boundary(REASON_BYTES_MAX));
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_reason_is_one_short_line() {
        assert_eq!(one_line("a\r\nb"), "a  b");
        let long = one_line(&"é".repeat(1000));
        assert!(long.len() <= REASON_BYTES_MAX + '…'.len_utf8());
        assert!(long.ends_with('…'));
    }

    #[test]
    fn only_retryable_errors_say_when() {
        let busy = Error::Overloaded { retry_after: Duration::from_millis(1) };
        assert!(busy.is_retryable());
        let response = busy.into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
        let large = Error::TooLarge { bytes_max: 1 };
        assert!(!large.is_retryable());
        let response = large.into_response();
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert!(!response.headers().contains_key(header::RETRY_AFTER));
    }
}
