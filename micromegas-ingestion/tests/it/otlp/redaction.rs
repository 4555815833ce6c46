//! Attributes that rules name are not in the lake.

use micromegas_ingestion::IngestionOptions;
use micromegas_ingestion::otlp::{OtlpOptions, Signal};
use micromegas_lakehouse::{Redact, Redaction, Tenant};
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use prost::Message;

use super::requests::{logs, metrics, traces};
use super::stored::message;
use crate::server::Server;

fn server(rules: &[(&str, Redact)]) -> Server {
    let redaction = Redaction::new(rules.iter().copied(), "a key");
    let options = OtlpOptions::default().with_redaction(redaction);
    Server::with_options(IngestionOptions::default().with_otlp(options))
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn a_dropped_attribute_is_nowhere() {
    for (signal, request) in [
        (Signal::Logs, logs(&["a"]).encode_to_vec()),
        (Signal::Metrics, metrics(&["a"]).encode_to_vec()),
        (Signal::Traces, traces(&["a"]).encode_to_vec()),
    ] {
        let server = server(&[("password", Redact::Drop), ("user.*", Redact::Drop)]);
        server.export(signal, request.clone()).await.assert_taken();
        let [block] = &server.blocks().await[..] else { panic!("one block") };
        let stored = message(&server, block).await;
        for secret in ["password", "secret-plain", "secret-nested", "ada"] {
            assert!(contains(&request, secret));
            assert!(!contains(&stored, secret), "{secret} in {signal:?}");
        }
        assert!(contains(&stored, "kept") && contains(&stored, "plain"));
        let store = server.lakehouse.store();
        let process = store.fetch_process(&Tenant::default(), block.process_id).await.unwrap();
        let info = process.unwrap().info;
        assert_eq!((info.username.as_str(), info.realname.as_str()), ("", ""));
        assert!(!format!("{info:?}").contains("secret"), "{info:?}");
    }
}

#[tokio::test]
async fn a_hashed_attribute_stays_comparable() {
    let server = server(&[("password", Redact::Hash)]);
    server.export(Signal::Traces, traces(&["a"]).encode_to_vec()).await.assert_taken();
    let [block] = &server.blocks().await[..] else { panic!("one block") };
    let stored = message(&server, block).await;
    assert!(!contains(&stored, "secret-"));
    let mut sent = traces(&["a"]).resource_spans.remove(0);
    let mut read = ResourceSpans::decode(stored).unwrap();
    let spans = &mut read.scope_spans[0].spans;
    let hashed = spans[0].attributes[1].value.clone();
    assert_eq!(hashed, spans[0].events[0].attributes[1].value);
    assert_eq!(hashed, spans[1].links[0].attributes[1].value);
    let text = format!("{hashed:?}");
    assert!(text.contains("sha256:") && text.len() > 32, "{text}");
    // Nothing else has changed.
    for spans in [spans, &mut sent.scope_spans[0].spans] {
        for span in spans {
            span.attributes.clear();
            span.events.clear();
            span.links.clear();
        }
    }
    assert_eq!(read.scope_spans[0].spans, sent.scope_spans[0].spans);
}

#[tokio::test]
async fn the_key_decides_what_a_hash_is() {
    let mut stored = Vec::new();
    for key in ["one", "two", "one"] {
        let redaction = Redaction::new([("password", Redact::Hash)], key);
        assert!(!format!("{redaction:?}").contains(key));
        let options = OtlpOptions::default().with_redaction(redaction);
        let server = Server::with_options(IngestionOptions::default().with_otlp(options));
        server.export(Signal::Logs, logs(&["a"]).encode_to_vec()).await.assert_taken();
        stored.push(server.blocks().await[0].block_id);
    }
    assert_eq!(stored[0], stored[2]);
    assert_ne!(stored[0], stored[1]);
}

#[tokio::test]
async fn the_first_rule_that_matches_counts() {
    let server = server(&[("kept", Redact::Hash), ("*", Redact::Drop)]);
    server.export(Signal::Logs, logs(&["a"]).encode_to_vec()).await.assert_taken();
    let [block] = &server.blocks().await[..] else { panic!("one block") };
    let stored = message(&server, block).await;
    assert!(!contains(&stored, "service.name") && !contains(&stored, "secret"));
    assert!(contains(&stored, "message 10"), "bodies are no attributes");
}
