//! What other clients sent, through SQL: the goldens of `micromegas-transit`.

use bytes::Bytes;
use micromegas_lakehouse::Tenant;
use micromegas_transit::{Block, ProcessInfo, StreamInfo};

use crate::fixture::TestLake;

macro_rules! golden {
    ($name:literal) => {
        [
            include_bytes!(concat!(
                "../../../micromegas-transit/tests/goldens/",
                $name,
                ".process"
            ))
            .as_slice(),
            include_bytes!(concat!("../../../micromegas-transit/tests/goldens/", $name, ".stream"))
                .as_slice(),
            include_bytes!(concat!("../../../micromegas-transit/tests/goldens/", $name, ".block"))
                .as_slice(),
        ]
    };
}

/// A lake that holds one golden block; and the id of its process.
async fn lake_of(golden: [&'static [u8]; 3]) -> (TestLake, String) {
    let lake = TestLake::new();
    let [process, _stream] = send(&lake, golden).await;
    (lake, process)
}

/// Sends a golden block; tells the ids of its process and stream.
async fn send(lake: &TestLake, [process, stream, block]: [&'static [u8]; 3]) -> [String; 2] {
    let tenant = Tenant::default();
    let process = ProcessInfo::from_cbor(Bytes::from_static(process)).unwrap();
    let stream = StreamInfo::from_cbor(Bytes::from_static(stream)).unwrap();
    let ids = [process.process_id, stream.stream_id].map(|id| id.to_string());
    lake.lake.insert_process(&tenant, process).await.unwrap();
    lake.lake.insert_stream(&tenant, stream).await.unwrap();
    lake.send_block(Block::from_cbor(Bytes::from_static(block)).unwrap()).await;
    ids
}

#[tokio::test]
async fn net_spans_of_unreal_nest_by_bits_and_by_time() {
    let expected = [
        "7|-1|0|connection|IpConnection_0|IpConnection_0|true|0|200|200",
        "8|7|1|object|Character|IpConnection_0|true|0|170|170",
        "9|8|2|property|ReplicatedMovement|IpConnection_0|true|0|96|96",
        "10|8|2|rpc|ServerMove|IpConnection_0|true|96|160|64",
    ];
    let (lake, id) = lake_of(golden!("unreal-net")).await;
    let sql = format!(
        "SELECT span_id, parent_span_id, depth, kind, name, connection_name, is_outgoing, \
         begin_bits, end_bits, bit_size FROM view_instance('net_spans', '{id}') \
         ORDER BY span_id"
    );
    assert_eq!(lake.query(&sql).await, expected);
    let times = format!(
        "SELECT kind, begin_time, end_time, process_id = '{id}' \
         FROM view_instance('net_spans', '{id}') WHERE kind IN ('object', 'property') \
         ORDER BY kind"
    );
    assert_eq!(
        lake.query(&times).await,
        [
            "object|2024-05-06T07:08:09.123900200Z|2024-05-06T07:08:09.123900600Z|true",
            "property|2024-05-06T07:08:09.123900300Z|2024-05-06T07:08:09.123900300Z|true",
        ]
    );
}

#[tokio::test]
async fn net_spans_are_the_same_from_plain_and_planar_blocks() {
    let mut answers = Vec::new();
    for golden in [golden!("cpp-net"), golden!("planar-cpp-net")] {
        let (lake, id) = lake_of(golden).await;
        let sql = format!(
            "SELECT span_id, parent_span_id, kind, name, connection_name, is_outgoing, \
             begin_bits, bit_size FROM view_instance('net_spans', '{id}') ORDER BY span_id"
        );
        answers.push(lake.query(&sql).await);
    }
    assert!(!answers[0].is_empty());
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn images_have_their_bytes_and_media_types() {
    for golden in [golden!("unreal-image"), golden!("rust-0.33-image"), golden!("cpp-image")] {
        let (lake, id) = lake_of(golden).await;
        let sql = "SELECT time, name, format, payload_size, encode(data, 'hex'), \
                   octet_length(encode(data, 'hex')) = 2 * payload_size FROM images ORDER BY time";
        let rows = lake.query(sql).await;
        assert!(!rows.is_empty());
        assert!(rows.iter().all(|row| row.ends_with("|true")), "{rows:?}");
        let instance =
            sql.replace("images ORDER", &format!("view_instance('images', '{id}') ORDER"));
        assert_eq!(lake.query(&instance).await, rows);
        let formats = lake.query("SELECT DISTINCT format LIKE '%/%' FROM images").await;
        assert_eq!(formats, ["true"]);
    }
}

#[tokio::test]
async fn images_by_process_and_by_stream_cost_what_the_instance_costs() {
    let lake = TestLake::new();
    let [process, stream] = send(&lake, golden!("unreal-image")).await;
    send(&lake, golden!("cpp-image")).await;
    let decoded = || lake.options.cache.decoded_count();
    let of_process = format!("SELECT count(*) FROM images WHERE process_id = '{process}'");
    let expected = lake.query(&of_process).await;
    for source in [
        format!("images WHERE process_id = '{process}'"),
        format!("images WHERE stream_id = '{stream}'"),
        format!("view_instance('images', '{process}')"),
    ] {
        let sql = format!("SELECT count(*) FROM {source}");
        assert!(lake.explain(&sql).await.contains("blocks=1"), "{}", lake.explain(&sql).await);
        assert_eq!(lake.query(&sql).await, expected, "{sql}");
        // The block of that process, once, and no other.
        assert_eq!(decoded(), 1, "{sql}");
    }
    lake.query("SELECT count(*) FROM images").await;
    assert_eq!(decoded(), 2);
}
