//! Inputs of the fuzz targets as ordinary tests: the seeds, and what once failed.

use std::fs;
use std::path::{Path, PathBuf};

use micromegas_ingestion::otlp::Signal;
use prost::Message;
use serde_json::json;

use crate::documents::Client;
use crate::otlp::encodings::compressed;
use crate::otlp::requests::{logs, metrics, traces};
use crate::untrusted::TARGETS;

const FUZZ: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz");

/// The files of a folder, which need not exist.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Inputs that reach far: target, name, bytes.
fn made() -> Vec<(&'static str, String, Vec<u8>)> {
    let mut made = Vec::new();
    let client =
        Client { process_id: uuid::Uuid::from_u128(1), stream_id: uuid::Uuid::from_u128(2) };
    let mut block = client.block();
    block.block_id = uuid::Uuid::from_u128(3);
    let documents = [client.process().to_cbor(), client.stream().to_cbor(), block.to_cbor()];
    for (selector, document) in (0..).zip(documents) {
        made.push(("native_routes", selector.to_string(), [&[selector][..], &document].concat()));
    }
    let rules = [
        (
            "level",
            json!({"processes": {"exe": "game"}, "settings": {"ttl_seconds": 60, "level": "trace"}}),
        ),
        (
            "targets",
            json!({
                "tenant": "default",
                "processes": {"process_id": client.process_id, "properties": {"map": "é"}},
                "settings": {
                    "ttl_seconds": 86400,
                    "target_levels": {"net": "debug"},
                    "verbosity": "high",
                    "target_verbosities": {"net::tcp": "low"},
                    "sampling": "all",
                },
                "reason": "slow frames",
            }),
        ),
        ("refused", json!({"processes": {}, "settings": {"ttl_seconds": 0}, "reason": ""})),
    ];
    for (name, rule) in rules {
        made.push(("control_rules", name.to_owned(), rule.to_string().into_bytes()));
    }
    let requests = [
        (logs(&["a", "b"]).encode_to_vec(), serde_json::to_vec(&logs(&["a"])).unwrap()),
        (metrics(&["a"]).encode_to_vec(), serde_json::to_vec(&metrics(&["a"])).unwrap()),
        (traces(&["a"]).encode_to_vec(), serde_json::to_vec(&traces(&["a"])).unwrap()),
    ];
    for ((selector, signal), (protobuf, json)) in (0_u8..).zip(Signal::ALL).zip(requests) {
        let name = signal.as_str();
        let mut add = |target, name: String, head: &[u8], body: &[u8]| {
            made.push((target, name, [&[selector], head, body].concat()));
        };
        add("otlp_protobuf", name.to_owned(), &[], &protobuf);
        add("otlp_json", name.to_owned(), &[], &json);
        let frame = |flag: u8, message: &[u8]| {
            [&[flag][..], &(message.len() as u32).to_be_bytes(), message].concat()
        };
        add("otlp_grpc", name.to_owned(), &[0], &frame(0, &protobuf));
        for (index, (encoding, body)) in compressed(&protobuf).into_iter().enumerate() {
            let number = ["gzip", "deflate", "zstd"].iter().position(|known| *known == encoding);
            let number = number.unwrap() as u8;
            add("otlp_encoded", format!("{name}-{encoding}-{index}"), &[number], &body);
            add("otlp_grpc", format!("{name}-{encoding}-{index}"), &[number + 1], &frame(1, &body));
        }
    }
    made
}

#[test]
fn seeds_and_regressions_hold() {
    if std::env::var_os("MICROMEGAS_BLESS").is_some() {
        for (target, name, bytes) in made() {
            let folder = Path::new(FUZZ).join("seeds").join(target);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(format!("made-{name}")), bytes).unwrap();
        }
    }
    for (name, target) in TARGETS {
        let seeds = files(&Path::new(FUZZ).join("seeds").join(name));
        assert!(!seeds.is_empty(), "no seeds for {name}");
        let regressions = files(&Path::new(FUZZ).join("regressions").join(name));
        for file in seeds.iter().chain(&regressions) {
            let input = fs::read(file).unwrap();
            let outcome = std::panic::catch_unwind(|| target(&input));
            assert!(outcome.is_ok(), "{} fails", file.display());
        }
    }
}

/// Cuts and flips of whole inputs: what a fuzzer would try first.
#[test]
fn damaged_inputs_hold() {
    for (target, _, input) in made() {
        let (_, target) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
        for at in (0..input.len()).step_by(1 + input.len() / 16) {
            target(&input[..at]);
            let mut flipped = input.clone();
            flipped[at] ^= 1 << (at % 8);
            target(&flipped);
        }
    }
}
