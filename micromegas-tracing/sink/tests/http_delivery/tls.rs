//! Delivery over TLS to a server whose authority the host names.

use micromegas_telemetry_sink::{HttpOptions, HttpSink};
use micromegas_tracing::EventSink;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::fixtures::{block, process, stream};
use crate::server::Server;

/// A server at an address that the authority vouches for, and the authority's certificate.
fn server() -> (Server, String) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let authority = CertifiedIssuer::self_signed(authority, key).expect("an authority");
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::new(["127.0.0.1".to_owned()])
        .and_then(|params| params.signed_by(&key, &authority))
        .expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let tls = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a certificate with its key");
    (Server::start_tls(tls), authority.pem())
}

fn sink(server: &Server, root_certificates: Option<Vec<u8>>) -> HttpSink {
    let options = HttpOptions {
        api_key: Some("secret".to_owned()),
        root_certificates,
        backoff_min: Duration::from_millis(1),
        backoff_max: Duration::from_millis(20),
        ..HttpOptions::default()
    };
    let sink = HttpSink::new(&format!("https://{}", server.address), &options).expect("a sink");
    sink.on_process(&process());
    sink.on_block(&stream("cpu"), block(0));
    sink
}

#[test]
fn events_arrive_over_tls_if_the_authority_is_trusted() {
    let (server, authority) = server();
    let sink = sink(&server, Some(authority.into_bytes()));
    let is_idle = sink.on_flush(Instant::now() + Duration::from_secs(20));
    assert!(is_idle, "{:?}", sink.stats());
    assert_eq!(sink.stats().delivered.traces, 100);
    let blocks = server.requests_to("insert_block");
    assert_eq!(blocks.len(), 1);
    assert_eq!(blocks[0].authorization, "Bearer secret");
}

#[test]
fn nothing_is_sent_to_a_server_that_nobody_trusted_vouches_for() {
    let (server, _) = server();
    let (_, other_authority) = self::server();
    for roots in [None, Some(other_authority.into_bytes())] {
        let sink = sink(&server, roots);
        let begin = Instant::now();
        while sink.stats().retries < 2 {
            assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", sink.stats());
            std::thread::sleep(Duration::from_millis(2));
        }
        assert_eq!(sink.stats().delivered.total(), 0);
    }
    assert!(server.requests_to("").is_empty());
}

#[test]
fn what_is_no_certificate_is_an_error() {
    for pem in ["", "no certificate", "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----"] {
        let options = HttpOptions {
            root_certificates: Some(pem.as_bytes().to_vec()),
            ..HttpOptions::default()
        };
        let error = HttpSink::new("https://localhost", &options).expect_err("no certificate");
        assert!(error.to_string().contains("root certificates"), "{error}");
    }
}
