//! Every reader held against every writer.

use anyhow::{Context, Result, ensure};
use micromegas_transit::{Block, planar};

use crate::clients::{self, Expected, OWN, PUBLISHED};
use crate::sent::Sent;
use crate::{goldens, lines};

/// Lets all clients record. What each recorded is what our decoder reads, and what the published
/// reader reads; both read the same from every golden that is not planar.
pub(crate) fn check() -> Result<()> {
    for (client, expected) in PUBLISHED.into_iter().chain([OWN]) {
        compare(client, &clients::run(client)?, expected)?;
    }
    for (name, stream, block) in goldens::all()? {
        let ours = lines::of(&stream, &block)?;
        // The published reader does not know planar blocks, so nobody sends it any.
        if !is_planar(&block)? {
            check_published(&name, &stream, &block, &ours)?;
        }
        for (client, expected) in PUBLISHED {
            for (tag, expected) in expected {
                ensure!(
                    name != goldens::name(client, tag) || ours == *expected,
                    "the golden {name} holds\n{ours:#?}"
                );
            }
        }
        println!("ok golden {name}: {} events", ours.len());
    }
    Ok(())
}

fn is_planar(block: &[u8]) -> Result<bool> {
    let payload = Block::from_cbor(block.to_vec().into())?.payload.open()?;
    Ok(planar::is_planar(&payload.objects))
}

/// Holds what a client sent against what it recorded.
pub(crate) fn compare(client: &str, sent: &[Sent], expected: Expected) -> Result<()> {
    for (tag, expected) in expected {
        let mut blocks = sent.iter().filter(|sent| sent.tag == *tag);
        let block = blocks.next().with_context(|| format!("{client} sent no {tag} block"))?;
        let rest = blocks.count();
        ensure!(rest == 0, "{client} sent {rest} {tag} blocks more than expected");
        let name = goldens::name(client, tag);
        let ours = lines::of(&block.stream, &block.block)?;
        let numbered = number_spans(&ours);
        ensure!(
            numbered == *expected,
            "{name}: expected\n{expected:#?}\nbut our decoder reads\n{numbered:#?}"
        );
        check_published(&name, &block.stream, &block.block, &ours)?;
        println!("ok {name}: {} events", ours.len());
    }
    Ok(())
}

/// Puts numbers from 1 on in place of the ids of futures' spans, which clients begin where they like.
fn number_spans(lines: &[String]) -> Vec<String> {
    let mut ids = Vec::new();
    let mut number = |id: &str| {
        if id == "0" {
            return 0;
        }
        let known = ids.iter().position(|known| known == id);
        known.unwrap_or_else(|| {
            ids.push(id.to_owned());
            ids.len() - 1
        }) + 1
    };
    let number_line = |line: &String| {
        // As `lines` writes them: verb, `async`, id, `in`, id of the parent, the rest.
        let [verb, "async", id, "in", parent, rest] = *line.splitn(6, ' ').collect::<Vec<_>>()
        else {
            return line.clone();
        };
        format!("{verb} async {} in {} {rest}", number(id), number(parent))
    };
    lines.iter().map(number_line).collect()
}

/// The published reader reads the same, of the events that have lines.
fn check_published(name: &str, stream: &[u8], block: &[u8], ours: &[String]) -> Result<()> {
    let mut theirs = client_33::read(stream, block).with_context(|| name.to_owned())?;
    theirs.retain(|line| !line.starts_with("other "));
    ensure!(theirs == ours, "{name}: the published reader reads\n{theirs:#?}\nours\n{ours:#?}");
    Ok(())
}
