//! What OTLP answers: export responses and statuses, as protobuf and as JSON.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message as _;
use tonic::Code;

use super::{OtlpFormat, OtlpOutcome, Signal};
use crate::Error;

/// An error as gRPC and OTLP over HTTP say it: `google.rpc.Status`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct RpcStatus {
    #[prost(int32, tag = "1")]
    pub(crate) code: i32,
    #[prost(string, tag = "2")]
    pub(crate) message: String,
    #[prost(message, repeated, tag = "3")]
    pub(crate) details: Vec<prost_types::Any>,
}

/// When to try again: `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, prost::Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<prost_types::Duration>,
}

impl RpcStatus {
    pub(crate) fn of(error: &Error) -> Self {
        let details = error.retry_after().map(|delay| {
            let retry_delay = prost_types::Duration {
                seconds: i64::try_from(delay.as_secs()).unwrap_or(i64::MAX),
                nanos: delay.subsec_nanos().cast_signed(),
            };
            prost_types::Any {
                type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(),
                value: RetryInfo { retry_delay: Some(retry_delay) }.encode_to_vec(),
            }
        });
        let (code, message) = (error.code() as i32, error.reason());
        Self { code, message, details: details.into_iter().collect() }
    }
}

impl Error {
    /// The gRPC code that means the same. Clients try again after [`Code::Unavailable`] only, of
    /// those that are here.
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::InvalidInput { .. } | Self::UnsupportedMedia { .. } => Code::InvalidArgument,
            Self::TooLarge { .. } => Code::ResourceExhausted,
            Self::Unauthenticated => Code::Unauthenticated,
            Self::Forbidden { .. } => Code::PermissionDenied,
            Self::NotFound { .. } => Code::NotFound,
            Self::Overloaded { .. } | Self::Unavailable { .. } => Code::Unavailable,
        }
    }
}

impl OtlpOutcome {
    /// The export response: empty, or with what was rejected.
    pub(crate) fn to_protobuf(&self, signal: Signal) -> Vec<u8> {
        let Some(error_message) = self.reason.clone() else { return Vec::new() };
        let rejected = i64::try_from(self.rejected_record_count).unwrap_or(i64::MAX);
        match signal {
            Signal::Logs => ExportLogsServiceResponse {
                partial_success: Some(ExportLogsPartialSuccess {
                    rejected_log_records: rejected,
                    error_message,
                }),
            }
            .encode_to_vec(),
            Signal::Metrics => ExportMetricsServiceResponse {
                partial_success: Some(ExportMetricsPartialSuccess {
                    rejected_data_points: rejected,
                    error_message,
                }),
            }
            .encode_to_vec(),
            Signal::Traces => ExportTraceServiceResponse {
                partial_success: Some(ExportTracePartialSuccess {
                    rejected_spans: rejected,
                    error_message,
                }),
            }
            .encode_to_vec(),
        }
    }

    fn to_json(&self, signal: Signal) -> String {
        let Some(reason) = &self.reason else { return "{}".to_owned() };
        // 64-bit integers are texts in protobuf's JSON.
        let rejected = self.rejected_record_count.to_string();
        let partial = serde_json::json!({
            signal.rejected_key(): rejected,
            "errorMessage": reason,
        });
        serde_json::json!({ "partialSuccess": partial }).to_string()
    }

    pub(crate) fn to_http(&self, signal: Signal, format: OtlpFormat) -> Response<Body> {
        match format {
            OtlpFormat::Protobuf => response(StatusCode::OK, format, self.to_protobuf(signal)),
            OtlpFormat::Json => response(StatusCode::OK, format, self.to_json(signal)),
        }
    }
}

/// An error in the format of the request.
pub(crate) fn error_to_http(error: &Error, format: OtlpFormat) -> Response<Body> {
    let status = RpcStatus::of(error);
    let mut response = match format {
        OtlpFormat::Protobuf => response(error.status(), format, status.encode_to_vec()),
        OtlpFormat::Json => {
            let RpcStatus { code, message, .. } = status;
            let json = serde_json::json!({ "code": code, "message": message });
            response(error.status(), format, json.to_string())
        }
    };
    error.add_headers(response.headers_mut());
    response
}

fn response(status: StatusCode, format: OtlpFormat, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static(format.content_type());
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}
