//! How "later" is said in HTTP and in gRPC.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use http_body_util::{Either, Full};

use super::tenant_use::Busy;

/// The longest `Retry-After` that is sent; who waits longer finds out then.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(3600);

/// Whether the sender speaks gRPC.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    content_type.is_some_and(|text| text.starts_with(b"application/grpc"))
}

/// The answer to a request that is refused for the moment.
pub(super) fn refuse<B>(
    busy: Busy,
    retry_after: Duration,
    is_grpc: bool,
) -> Response<Either<Full<Bytes>, B>> {
    let (status, reason, delay) = match busy {
        Busy::Rate(delay) => (
            StatusCode::TOO_MANY_REQUESTS,
            "this tenant sends more than it may; send the same again later",
            delay,
        ),
        Busy::InFlight => (
            StatusCode::SERVICE_UNAVAILABLE,
            "this tenant has too much in flight; send the same again later",
            retry_after,
        ),
        Busy::Slow => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the body came too slowly; send the same again later",
            retry_after,
        ),
    };
    let delay = delay.min(RETRY_AFTER_MAX);
    let mut response = Response::new(Either::Left(Full::default()));
    if is_grpc {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        // UNAVAILABLE: the only status that senders of telemetry repeat without further ado.
        headers.insert("grpc-status", HeaderValue::from_static("14"));
        headers.insert("grpc-message", HeaderValue::from_static(reason));
        let pushback = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        headers.insert("grpc-retry-pushback-ms", HeaderValue::from(pushback));
        return response;
    }
    *response.status_mut() = status;
    *response.body_mut() = Either::Left(Full::from(reason));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    let seconds = delay.as_secs_f64().ceil().max(1.0) as u64;
    headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_is_said_in_the_senders_protocol() {
        let wait = Duration::from_millis(1_200);
        let http = refuse::<Full<Bytes>>(Busy::Rate(wait), Duration::ZERO, false);
        assert_eq!(http.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(http.headers()[header::RETRY_AFTER], "2");
        let http = refuse::<Full<Bytes>>(Busy::InFlight, wait, false);
        assert_eq!(http.status(), StatusCode::SERVICE_UNAVAILABLE);
        let grpc = refuse::<Full<Bytes>>(Busy::Rate(Duration::MAX), wait, true);
        assert_eq!(grpc.status(), StatusCode::OK);
        assert_eq!(grpc.headers()["grpc-status"], "14");
        assert_eq!(grpc.headers()["grpc-retry-pushback-ms"], "3600000");
    }
}
