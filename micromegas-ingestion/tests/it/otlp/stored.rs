//! What the lake holds after requests of every signal.

use chrono::DateTime;
use micromegas_ingestion::otlp::Signal;
use micromegas_lakehouse::{BlockRecord, Tenant};
use micromegas_transit::TickRange;
use opentelemetry_proto::tonic::metrics::v1::ResourceMetrics;
use prost::Message;

use super::requests::{METRIC_RECORD_COUNT, START, logs, metrics, traces};
use crate::server::Server;

/// The message of a block.
pub(crate) async fn message(server: &Server, block: &BlockRecord) -> bytes::Bytes {
    let payload = server.lakehouse.fetch_payload(block).await.unwrap();
    assert!(payload.dependencies.is_empty());
    payload.objects
}

#[tokio::test]
async fn each_resource_is_a_block_with_the_bytes_that_were_sent() {
    let server = Server::new();
    let (logs, metrics, traces) = (logs(&["a", "b"]), metrics(&["a"]), traces(&["a"]));
    server.export(Signal::Logs, logs.encode_to_vec()).await.assert_taken();
    server.export(Signal::Metrics, metrics.encode_to_vec()).await.assert_taken();
    server.export(Signal::Traces, traces.encode_to_vec()).await.assert_taken();
    let blocks = server.blocks().await;
    let mut stored = Vec::new();
    for block in &blocks {
        stored.push(message(&server, block).await.to_vec());
    }
    let mut sent = vec![
        logs.resource_logs[0].encode_to_vec(),
        logs.resource_logs[1].encode_to_vec(),
        metrics.resource_metrics[0].encode_to_vec(),
        traces.resource_spans[0].encode_to_vec(),
    ];
    stored.sort();
    sent.sort();
    assert_eq!(stored, sent);
    // Delta and cumulative, histograms and summaries: all as they were.
    let blocks = blocks.iter().filter(|block| block.event_count == METRIC_RECORD_COUNT);
    let [block] = blocks.collect::<Vec<_>>()[..] else { panic!("one block of metrics") };
    let read = ResourceMetrics::decode(message(&server, block).await).unwrap();
    assert_eq!(read, metrics.resource_metrics[0]);
}

#[tokio::test]
async fn blocks_say_between_which_times_their_records_lie() {
    for (signal, request, event_count, times) in [
        (Signal::Logs, logs(&["a"]).encode_to_vec(), 4, (START, START + 50)),
        (Signal::Metrics, metrics(&["a"]).encode_to_vec(), METRIC_RECORD_COUNT, (START, START + 7)),
        (Signal::Traces, traces(&["a"]).encode_to_vec(), 2, (START, START + 2_000)),
    ] {
        let server = Server::new();
        server.export(signal, request).await.assert_taken();
        let [block] = &server.blocks().await[..] else { panic!("one block") };
        let (least, greatest) = (times.0.cast_signed(), times.1.cast_signed());
        assert_eq!(block.event_count, event_count, "{signal:?}");
        assert_eq!(block.begin_time, DateTime::from_timestamp_nanos(least));
        assert_eq!(block.end_time, DateTime::from_timestamp_nanos(greatest));
        assert_eq!((block.begin_ticks, block.end_ticks), (least, greatest));
        assert_eq!(block.event_ticks, Some(TickRange { least, greatest }));
        assert_eq!(block.object_offset, 0);
        let store = server.lakehouse.store();
        let stream = store.fetch_stream(&Tenant::default(), block.stream_id).await.unwrap();
        let stream = stream.unwrap();
        assert_eq!(stream.format, signal.format());
        assert_eq!(stream.tags, [signal.tag()]);
        let layout = server.lakehouse.fetch_layout(stream.layout).await.unwrap();
        assert!(layout.objects.is_empty() && layout.dependencies.is_empty());
    }
}

#[tokio::test]
async fn a_resource_is_a_process() {
    let server = Server::new();
    server.export(Signal::Traces, traces(&["web"]).encode_to_vec()).await.assert_taken();
    let [block] = &server.blocks().await[..] else { panic!("one block") };
    let store = server.lakehouse.store();
    let process = store.fetch_process(&Tenant::default(), block.process_id).await.unwrap();
    let info = process.unwrap().info;
    assert_eq!(info.exe, "shop/web");
    assert_eq!((info.username.as_str(), info.realname.as_str()), ("ada", "ada"));
    assert_eq!(info.computer, "host-1");
    assert_eq!(info.distro, "Debian 13");
    assert_eq!(info.cpu_brand, "brass");
    assert_eq!(info.tsc_frequency, 1_000_000_000);
    // Ticks are nanoseconds since 1970, so that they are times without looking at the process.
    assert_eq!(info.start_time.timestamp_nanos_opt(), Some(info.start_ticks));
    let property = |name: &str| info.properties[&format!("otel.resource.{name}")].as_str();
    assert_eq!(property("service.name"), "web");
    assert_eq!(property("integer"), "-9223372036854775808");
    assert_eq!(property("bytes"), "AP8=");
    assert_eq!(property("list"), "[null,7]");
    assert_eq!(property("map"), r#"{"password":"secret-nested","kept":"yes"}"#);
}

#[tokio::test]
async fn records_without_any_time_get_that_of_their_arrival() {
    let server = Server::new();
    let mut request = logs(&["a"]);
    for record in &mut request.resource_logs[0].scope_logs[0].log_records {
        record.time_unix_nano = 0;
        record.observed_time_unix_nano = 0;
    }
    let before = chrono::Utc::now();
    server.export(Signal::Logs, request.encode_to_vec()).await.assert_taken();
    let [block] = &server.blocks().await[..] else { panic!("one block") };
    assert!(before <= block.begin_time && block.end_time <= chrono::Utc::now());
}

#[tokio::test]
async fn a_time_beyond_all_clocks_is_kept() {
    let server = Server::new();
    let mut request = traces(&["a"]);
    request.resource_spans[0].scope_spans[0].spans[0].end_time_unix_nano = u64::MAX;
    server.export(Signal::Traces, request.encode_to_vec()).await.assert_taken();
    let [block] = &server.blocks().await[..] else { panic!("one block") };
    assert_eq!(block.end_ticks, i64::MAX);
    let stored = message(&server, block).await;
    assert_eq!(stored, request.resource_spans[0].encode_to_vec());
}

#[tokio::test]
async fn fields_of_later_versions_are_kept() {
    let server = Server::new();
    let mut resource = logs(&["a"]).resource_logs[0].encode_to_vec();
    resource.extend([0xfa, 0x3e, 3, b'n', b'e', b'w']);
    let mut request = vec![0x0a];
    prost::encoding::encode_varint(resource.len() as u64, &mut request);
    request.extend(&resource);
    server.export(Signal::Logs, request).await.assert_taken();
    let [block] = &server.blocks().await[..] else { panic!("one block") };
    assert_eq!(message(&server, block).await, resource);
}

#[tokio::test]
async fn a_request_without_records_stores_nothing() {
    let server = Server::new();
    for signal in Signal::ALL {
        server.export(signal, Vec::new()).await.assert_taken();
        server.export(signal, vec![0x0a, 0]).await.assert_taken();
    }
    assert!(server.blocks().await.is_empty());
}
