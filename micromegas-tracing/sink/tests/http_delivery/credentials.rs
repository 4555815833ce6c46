//! Tokens of an OIDC provider: fetched, kept, replaced before their end and when the server does
//! not believe them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use micromegas_telemetry_sink::{ClientCredentials, HttpOptions, HttpSink};
use micromegas_tracing::EventSink;

use crate::fixtures::{block, process, stream};
use crate::server::{Answer, Request, Server};

/// A provider whose tokens are `token 1`, `token 2` and so on.
fn provider(expires_in: u64) -> Server {
    let count = AtomicU64::new(0);
    Server::answering(move |_| {
        let number = count.fetch_add(1, Ordering::Relaxed) + 1;
        let body = format!(
            r#"{{"access_token":"token{number}","token_type":"Bearer","expires_in":{expires_in}}}"#
        );
        Answer { body, ..Answer::default() }
    })
}

fn sink(provider: &Server, server: &Server, refresh_before: Duration) -> HttpSink {
    let credentials = ClientCredentials {
        audience: Some("lake & house".to_owned()),
        refresh_before,
        ..ClientCredentials::new(format!("{}/token", provider.url()), "me", "hush+hush")
    };
    let options = HttpOptions {
        client_credentials: Some(credentials),
        backoff_min: Duration::from_millis(1),
        backoff_max: Duration::from_millis(5),
        ..HttpOptions::default()
    };
    HttpSink::new(&server.url(), &options).expect("a sink")
}

fn send(sink: &HttpSink, blocks: i64) {
    let stream = stream("cpu");
    sink.on_process(&process());
    for index in 0..blocks {
        sink.on_block(&stream, block(100 * index));
        assert!(sink.on_flush(Instant::now() + Duration::from_secs(30)));
    }
}

fn authorizations(server: &Server) -> Vec<String> {
    server.requests_to("").iter().map(|request| request.authorization.clone()).collect()
}

#[test]
fn a_token_is_fetched_once_and_used_for_all_requests() {
    let (provider, server) = (provider(3600), Server::start(&[]));
    send(&sink(&provider, &server, Duration::from_secs(180)), 3);
    assert_eq!(authorizations(&server), ["Bearer token1"; 5]);
    let requests = provider.requests_to("/token");
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].content_type, "application/x-www-form-urlencoded");
    let form = String::from_utf8(requests[0].body.clone()).expect("text");
    assert!(form.starts_with("grant_type=client_credentials&client_id=me&client_secret=hush%2B"));
    assert!(form.contains("&audience=lake") && !form.contains("& "), "{form}");
}

#[test]
fn a_token_is_replaced_before_its_end() {
    let (provider, server) = (provider(2), Server::start(&[]));
    // Half of its time is over after a second.
    let sink = sink(&provider, &server, Duration::from_secs(180));
    send(&sink, 1);
    std::thread::sleep(Duration::from_millis(1100));
    sink.on_block(&stream("cpu"), block(0));
    assert!(sink.on_flush(Instant::now() + Duration::from_secs(30)));
    let authorizations = authorizations(&server);
    assert_eq!(authorizations.first().map(String::as_str), Some("Bearer token1"));
    assert_eq!(authorizations.last().map(String::as_str), Some("Bearer token2"));
}

#[test]
fn a_token_that_the_server_does_not_believe_is_replaced_once() {
    let believed = |request: &Request| request.authorization == "Bearer token2";
    let (provider, server) = (
        provider(3600),
        Server::answering(move |request| {
            let status = if believed(request) { "" } else { "401 Unauthorized" };
            Answer { status, ..Answer::default() }
        }),
    );
    let sink = sink(&provider, &server, Duration::ZERO);
    send(&sink, 2);
    assert_eq!(sink.stats().delivered.traces, 200);
    assert_eq!(authorizations(&server)[..2], ["Bearer token1", "Bearer token2"]);
    assert_eq!(provider.requests_to("").len(), 2);
}

#[test]
fn a_provider_that_is_out_of_order_loses_nothing() {
    let is_up = Arc::new(AtomicBool::new(false));
    let is_up_now = Arc::clone(&is_up);
    let provider = Server::answering(move |_| {
        if is_up_now.load(Ordering::Relaxed) {
            let body = r#"{"access_token":"late"}"#.to_owned();
            Answer { body, ..Answer::default() }
        } else {
            Answer { status: "500 Out of order", ..Answer::default() }
        }
    });
    let server = Server::start(&[]);
    let sink = sink(&provider, &server, Duration::ZERO);
    sink.on_process(&process());
    sink.on_block(&stream("cpu"), block(0));
    assert!(!sink.on_flush(Instant::now() + Duration::from_millis(200)));
    let failure = sink.stats().last_failure.expect("a failure");
    assert!(failure.starts_with("no token: "), "{failure}");
    assert!(!failure.contains("hush"), "{failure}");
    is_up.store(true, Ordering::Relaxed);
    assert!(sink.on_flush(Instant::now() + Duration::from_secs(30)));
    assert_eq!(authorizations(&server), ["Bearer late"; 3]);
}
