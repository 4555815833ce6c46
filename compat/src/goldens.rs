//! The folder with the goldens.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use micromegas_transit::{Block, decompress_frame};

use crate::clients::{self, PUBLISHED};
use crate::sent::Sent;
use crate::{readers, render, scrub};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../micromegas-transit/tests/goldens");

/// How a block of a tag is called.
pub(crate) fn name(client: &str, tag: &str) -> String {
    format!("{client}-{}", if tag == "cpu" { "thread" } else { tag })
}

/// Lets the published crates record, and writes what they send.
pub(crate) fn write() -> Result<()> {
    for (client, expected) in PUBLISHED {
        let sent = clients::run(client)?;
        readers::compare(client, &sent, expected)?;
        for sent in &sent {
            write_one(sent)?;
        }
    }
    Ok(())
}

fn write_one(sent: &Sent) -> Result<()> {
    let name = name(&sent.client, &sent.tag);
    let process = scrub::process(&sent.process)?;
    ensure_no_paths(&name, &sent.block)?;
    let text = render::block(&process, &sent.stream, &sent.block);
    let files = [
        ("process", &process[..]),
        ("stream", &sent.stream),
        ("block", &sent.block),
        ("json", text.as_bytes()),
    ];
    for (extension, bytes) in files {
        fs::write(Path::new(FOLDER).join(format!("{name}.{extension}")), bytes)?;
    }
    println!("wrote {name}");
    Ok(())
}

/// Paths of the machine that recorded would be in the strings.
fn ensure_no_paths(name: &str, block: &[u8]) -> Result<()> {
    let payload = Block::from_cbor(block.to_vec().into())?.payload.open()?;
    let home = std::env::home_dir().context("no home folder")?;
    let home = home.to_str().context("a home folder that is text")?;
    for frame in [&payload.dependencies, &payload.objects] {
        let bytes = decompress_frame(frame, 16 << 20)?;
        for path in [home.as_bytes(), env!("CARGO_MANIFEST_DIR").as_bytes()] {
            let found = bytes.windows(path.len()).any(|window| window == path);
            ensure!(!found, "{name} names a folder of this machine");
        }
    }
    Ok(())
}

/// A golden's name, stream document and block document.
pub(crate) type Golden = (String, Vec<u8>, Vec<u8>);

/// All goldens, by name.
pub(crate) fn all() -> Result<Vec<Golden>> {
    let mut paths = Vec::<PathBuf>::new();
    for entry in fs::read_dir(FOLDER)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "block") {
            paths.push(path);
        }
    }
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.file_stem().context("a name")?.to_string_lossy().into_owned();
        Ok((name, fs::read(path.with_extension("stream"))?, fs::read(path)?))
    };
    paths.into_iter().map(read).collect()
}
