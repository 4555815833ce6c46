//! How a [`Refusal`] is said in HTTP and in gRPC.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body_util::{Either, Full};

use crate::refusal::Refusal;

/// The body of an answer: that of a refusal, or that of the service behind the layer.
pub type AuthBody<B> = Either<Full<Bytes>, B>;

/// Which protocol the sender speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http,
    Grpc,
}

impl Protocol {
    /// gRPC says so in its content type.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let content_type = headers.get(header::CONTENT_TYPE);
        let content_type = content_type.map(HeaderValue::as_bytes).unwrap_or_default();
        // `application/grpc-web` is HTTP to whoever sends it, but its status is gRPC's too.
        if content_type.starts_with(b"application/grpc") { Self::Grpc } else { Self::Http }
    }
}

/// The answer to a refused request.
pub(crate) fn refuse<B>(refusal: &Refusal, protocol: Protocol) -> Response<AuthBody<B>> {
    match protocol {
        Protocol::Http => in_http(refusal),
        Protocol::Grpc => in_grpc(refusal),
    }
}

fn in_http<B>(refusal: &Refusal) -> Response<AuthBody<B>> {
    let status = match refusal {
        Refusal::Missing | Refusal::Invalid { .. } => StatusCode::UNAUTHORIZED,
        Refusal::Forbidden { .. } => StatusCode::FORBIDDEN,
        Refusal::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
    };
    let mut response = Response::new(Either::Left(Full::from(refusal.to_string())));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    match refusal {
        Refusal::Missing => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Refusal::Invalid { .. } => {
            let scheme = HeaderValue::from_static("Bearer error=\"invalid_token\"");
            headers.insert(header::WWW_AUTHENTICATE, scheme);
        }
        Refusal::Unavailable { retry_after } => {
            let seconds = retry_after.as_secs_f64().ceil().max(1.0) as u64;
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        Refusal::Forbidden { .. } => {}
    }
    response
}

/// An answer of trailers only: gRPC's status stands in the headers, and HTTP's is 200.
fn in_grpc<B>(refusal: &Refusal) -> Response<AuthBody<B>> {
    let code: &'static str = match refusal {
        Refusal::Missing | Refusal::Invalid { .. } => "16",
        Refusal::Forbidden { .. } => "7",
        Refusal::Unavailable { .. } => "14",
    };
    let mut response = Response::new(Either::Left(Full::default()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert("grpc-status", HeaderValue::from_static(code));
    // Refusals are ASCII without control characters and without a percent sign, so this is their
    // percent encoding.
    if let Ok(message) = HeaderValue::from_str(&refusal.to_string()) {
        headers.insert("grpc-message", message);
    }
    response
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::refusal::Reason;

    #[test]
    fn each_protocol_hears_its_own_status() {
        let later = Refusal::Unavailable { retry_after: Duration::from_millis(1) };
        let cases = [
            (Refusal::Missing, 401, "16"),
            (Refusal::Invalid { reason: Reason::RevokedKey }, 401, "16"),
            (Refusal::Forbidden { message: "no" }, 403, "7"),
            (later, 503, "14"),
        ];
        for (refusal, status, code) in cases {
            let http = refuse::<Full<Bytes>>(&refusal, Protocol::Http);
            assert_eq!(http.status(), status);
            assert_eq!(http.headers().contains_key(header::WWW_AUTHENTICATE), status == 401);
            assert_eq!(http.headers().contains_key(header::RETRY_AFTER), status == 503);
            let grpc = refuse::<Full<Bytes>>(&refusal, Protocol::Grpc);
            assert_eq!(
                (grpc.status(), &grpc.headers()["grpc-status"]),
                (StatusCode::OK, &HeaderValue::from_static(code))
            );
            assert_eq!(grpc.headers()["grpc-message"], refusal.to_string());
        }
    }

    #[test]
    fn a_sender_does_not_hear_what_is_wrong_with_a_key() {
        let said = |reason| Refusal::Invalid { reason }.to_string();
        assert_eq!(said(Reason::UnknownKey), said(Reason::RevokedKey));
        assert_eq!(said(Reason::UnknownKey), said(Reason::ExpiredKey));
        assert_eq!(said(Reason::WrongSignature), said(Reason::UnknownSigningKey));
    }
}
