//! Compressed bodies.

use axum::http::{StatusCode, header};
use micromegas_ingestion::IngestionOptions;
use micromegas_ingestion::otlp::{OtlpOptions, Signal};
use prost::Message;

use super::requests::traces;
use crate::server::{Server, protobuf};

/// The body as each encoding has it, by name.
pub(crate) fn compressed(body: &[u8]) -> [(&'static str, Vec<u8>); 4] {
    let raw = miniz_oxide::deflate::compress_to_vec(body, 6);
    let zlib = miniz_oxide::deflate::compress_to_vec_zlib(body, 6);
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    gzip.extend(&raw);
    gzip.extend(crc32fast::hash(body).to_le_bytes());
    gzip.extend((body.len() as u32).to_le_bytes());
    let zstd = zstd::encode_all(body, 1).unwrap();
    [("deflate", raw), ("deflate", zlib), ("gzip", gzip), ("zstd", zstd)]
}

#[tokio::test]
async fn each_encoding_stores_the_same_block() {
    let server = Server::new();
    let request = traces(&["a"]).encode_to_vec();
    for (name, body) in compressed(&request) {
        let mut request = protobuf(Signal::Traces, body);
        request.headers_mut().insert(header::CONTENT_ENCODING, name.parse().unwrap());
        server.send(request).await.assert_taken();
    }
    server.export(Signal::Traces, request.clone()).await.assert_taken();
    assert_eq!(server.blocks().await.len(), 1);
    let metrics = server.get("/metrics").await.text;
    let inflated = 4 * request.len();
    assert!(metrics.contains(&format!("inflated_bytes_total{{route=\"traces\"}} {inflated}\n")));
}

#[tokio::test]
async fn a_small_body_that_grows_beyond_the_limit_is_too_large() {
    let options = OtlpOptions::default().with_request_bytes_max(1024 * 1024);
    let server = Server::with_options(IngestionOptions::default().with_otlp(options));
    for (name, body) in compressed(&vec![0; 1024 * 1024 + 1]) {
        let mut request = protobuf(Signal::Logs, body);
        request.headers_mut().insert(header::CONTENT_ENCODING, name.parse().unwrap());
        let answer = server.send(request).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{name}: {answer:?}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_what_its_encoding_says_is_refused() {
    let server = Server::new();
    for name in ["gzip", "zstd", "deflate"] {
        for body in [&b""[..], b"x", b"neither of them"] {
            let mut request = protobuf(Signal::Logs, body.to_vec());
            request.headers_mut().insert(header::CONTENT_ENCODING, name.parse().unwrap());
            let answer = server.send(request).await;
            let refused = answer.status == StatusCode::BAD_REQUEST;
            // No frame at all is an empty run of zstd frames.
            assert!(refused || name == "zstd" && body.is_empty(), "{name} {body:?}: {answer:?}");
        }
    }
}
