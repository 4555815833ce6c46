//! The whole text: the documents, then the rows, then what was lost.

use std::collections::BTreeMap;

use micromegas_transit::{Block, Limits, Losses, ProcessInfo, StreamInfo, StreamPlan};

use super::json::{self, Object};
use super::rows;

/// What the decoder makes of a block and the documents that belong to it.
pub(crate) fn block(process: &[u8], stream: &[u8], block: &[u8]) -> String {
    let process = ProcessInfo::from_cbor(process.to_vec().into()).expect("a process document");
    let stream = StreamInfo::from_cbor(stream.to_vec().into()).expect("a stream document");
    let block = Block::from_cbor(block.to_vec().into()).expect("a block document");
    assert_eq!(stream.process_id, process.process_id);
    assert_eq!((block.process_id, block.stream_id), (process.process_id, stream.stream_id));
    let limits = Limits::default();
    let plan = StreamPlan::compile(&stream.layout, &limits).expect("a layout");
    let payload = block.payload.open().expect("a payload");
    let open = plan.open(&payload, &limits).expect("two whole frames");

    let logs = open.logs();
    let metrics = open.metrics();
    let thread_spans = open.thread_spans();
    let async_spans = open.async_spans();
    let images = open.images();
    let net_spans = open.net_spans();
    assert_eq!(logs.record_count, thread_spans.record_count);
    let mut losses = self::losses("dependencies", open.dependency_losses());
    losses.extend(self::losses("events", &logs.losses));
    for (kind, other) in [
        ("metrics", &metrics.losses),
        ("thread spans", &thread_spans.losses),
        ("async spans", &async_spans.losses),
        ("images", &images.losses),
        ("net spans", &net_spans.losses),
    ] {
        if *other != logs.losses {
            losses.extend(self::losses(kind, other));
        }
    }

    let documents = [
        ("process", self::process(&process)),
        ("stream", self::stream(&stream)),
        ("block", self::envelope(&block)),
        ("records", logs.record_count.to_string()),
    ];
    let mut sections: Vec<_> =
        documents.iter().map(|(name, value)| format!("{}: {value}", json::text(name))).collect();
    for (name, rows) in [
        ("logs", rows::logs(&open, &logs.columns)),
        ("metrics", rows::metrics(&open, &metrics.columns)),
        ("thread_spans", rows::thread_spans(&open, &thread_spans.columns)),
        ("async_spans", rows::async_spans(&open, &async_spans.columns)),
        ("images", rows::images(&images.columns)),
        ("net_spans", rows::net_spans(&open, &net_spans.columns)),
        ("losses", losses),
    ] {
        if !rows.is_empty() {
            sections.push(format!("{}: [\n{}\n]", json::text(name), rows.join(",\n")));
        }
    }
    format!("{{\n{}\n}}\n", sections.join(",\n"))
}

fn map(map: &BTreeMap<String, String>) -> String {
    json::texts(map.iter().map(|(name, value)| (&name[..], &value[..])))
}

fn process(process: &ProcessInfo) -> String {
    let parent = process.parent_process_id.map_or("null".to_owned(), |id| format!("\"{id}\""));
    Object::new()
        .text("process_id", process.process_id)
        .text("exe", &process.exe)
        .text("username", &process.username)
        .text("realname", &process.realname)
        .text("computer", &process.computer)
        .text("distro", &process.distro)
        .text("cpu_brand", &process.cpu_brand)
        .raw("tsc_frequency", process.tsc_frequency)
        .text("start_time", process.start_time.to_rfc3339())
        .raw("start_ticks", process.start_ticks)
        .raw("parent_process_id", parent)
        .raw("properties", map(&process.properties))
        .end()
}

fn stream(stream: &StreamInfo) -> String {
    let tags: Vec<_> = stream.tags.iter().map(|tag| json::text(tag)).collect();
    Object::new()
        .text("stream_id", stream.stream_id)
        .raw("tags", format!("[{}]", tags.join(", ")))
        .raw("properties", map(&stream.properties))
        .raw("dependency_types", stream.layout.dependencies.len())
        .raw("object_types", stream.layout.objects.len())
        .end()
}

fn envelope(block: &Block) -> String {
    let object = Object::new()
        .text("block_id", block.block_id)
        .text("begin_time", block.begin_time.to_rfc3339())
        .raw("begin_ticks", block.begin_ticks)
        .text("end_time", block.end_time.to_rfc3339())
        .raw("end_ticks", block.end_ticks)
        .raw("object_offset", block.object_offset)
        .raw("event_count", block.event_count);
    match block.event_ticks {
        Some(ticks) => object
            .raw("least_event_ticks", ticks.least)
            .raw("greatest_event_ticks", ticks.greatest)
            .raw("skipped_events", block.skipped_events)
            .end(),
        None => object.end(),
    }
}

fn losses(of: &str, losses: &Losses) -> Vec<String> {
    let row = |loss: &micromegas_transit::Loss| {
        Object::new()
            .text("of", of)
            .text("reason", loss.reason)
            .raw("count", loss.count)
            .raw("first_record", loss.first_record)
            .raw("first_offset", loss.first_offset)
            .end()
    };
    losses.iter().map(row).collect()
}
