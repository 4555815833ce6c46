//! Requests, sorted into blocks with the documents they need.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use micromegas_transit::{Block, ProcessInfo, StreamInfo};
use uuid::Uuid;

use crate::lines;
use crate::server::Request;

/// One block of a stream, with the documents as they were sent.
pub(crate) struct Sent {
    pub(crate) client: String,
    pub(crate) tag: String,
    pub(crate) process: Vec<u8>,
    pub(crate) stream: Vec<u8>,
    pub(crate) block: Vec<u8>,
}

/// Finds the process and stream of each block. Blocks that hold only what a client's sink has to
/// say about itself are left out.
pub(crate) fn sort(client: &str, requests: Vec<Request>) -> Result<Vec<Sent>> {
    let mut processes = BTreeMap::<Uuid, Vec<u8>>::new();
    let mut streams = BTreeMap::<Uuid, (StreamInfo, Vec<u8>)>::new();
    let mut blocks = Vec::new();
    let mut seen = BTreeSet::new();
    for (command, body) in requests {
        match command.as_str() {
            "insert_process" => {
                let process = ProcessInfo::from_cbor(body.clone().into())?;
                processes.insert(process.process_id, body);
            }
            "insert_stream" => {
                let stream = StreamInfo::from_cbor(body.clone().into())?;
                streams.insert(stream.stream_id, (stream, body));
            }
            "insert_block" => {
                let block = Block::from_cbor(body.clone().into())?;
                if seen.insert(block.block_id) {
                    blocks.push((block, body));
                }
            }
            other => bail!("{client} asked for `{other}`"),
        }
    }
    blocks.sort_by_key(|(block, _)| (block.stream_id, block.object_offset));
    let mut sent = Vec::new();
    for (block, body) in blocks {
        let (stream, stream_body) = streams.get(&block.stream_id).context("a stream")?;
        let process = processes.get(&block.process_id).context("a process")?;
        let found = Sent {
            client: client.to_owned(),
            tag: stream.tags.first().context("a tag")?.clone(),
            process: process.clone(),
            stream: stream_body.clone(),
            block: body,
        };
        if block.event_count > 0 && !lines::are_foreign(&lines::of(&found.stream, &found.block)?) {
            sent.push(found);
        }
    }
    Ok(sent)
}
