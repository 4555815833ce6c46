//! Exchanges blocks between the published crates and ours, both ways.
//!
//! | command | does |
//! |---|---|
//! | `write` | lets the published crates record, and writes what they send as goldens |
//! | `check` | lets them record again, and ours; holds every reader against every writer |
//! | `record CLIENT URL` | is one client, in a process of its own |
#![forbid(unsafe_code)]

mod clients;
mod goldens;
mod lines;
mod own_client;
mod readers;
#[path = "../../micromegas-transit/tests/it/golden/render/mod.rs"]
mod render;
mod scrub;
mod sent;
mod server;

use std::env;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["write"] => goldens::write(),
        ["check"] => readers::check(),
        ["record", client, url] => clients::record(client, url),
        _ => bail!("usage: micromegas-compat write | check | record CLIENT URL"),
    }
}
