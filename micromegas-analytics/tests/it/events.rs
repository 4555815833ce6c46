//! Events of types that a process has defined itself: `events."TypeName"`, `list_event_types()`.

use bytes::Bytes;
use micromegas_lakehouse::{Redact, Redaction, Tenant};
use micromegas_transit::planar::{Codec, Encoder};
use micromegas_transit::types::StaticStringDependency;
use micromegas_transit::{
    Block, Payload, RecordQueue, Reflect, ReflectDynamic, StreamInfo, StreamLayout, TickRange,
    compress_frame, record_set,
};
use uuid::Uuid;

use crate::fixture::{Event, START_TICKS, TestLake, TestProcess};

/// A shot in a game.
#[repr(C)]
#[derive(Debug, Clone, Copy, Reflect)]
struct Shot {
    time: i64,
    #[reflect(reference)]
    weapon: u64,
    damage: f64,
    shots: u64,
    score: i64,
    is_hit: u32,
    process_id: u32,
}

/// The same, as another version of the game says it.
mod later {
    use super::*;

    #[repr(C)]
    #[derive(Debug, Clone, Copy, Reflect)]
    pub(super) struct Shot {
        pub(super) damage: u64,
        pub(super) time: i64,
        pub(super) range: f64,
    }

    record_set! {
        pub(super) struct Events { Shot }
    }
}

record_set! {
    struct Events { Shot }
}

record_set! {
    struct Dependencies { dynamic StaticStringDependency<'_> }
}

fn stream(process: &TestProcess, tag: &str, layout: StreamLayout) -> StreamInfo {
    StreamInfo {
        process_id: process.info.process_id,
        stream_id: Uuid::new_v4(),
        layout,
        tags: vec![tag.to_owned()],
        properties: Default::default(),
    }
}

/// A block of records, at offset 10 of its stream.
fn block(stream: &StreamInfo, objects: Vec<u8>, event_count: i32) -> Block {
    let mut dependencies = RecordQueue::new();
    dependencies.push_dynamic(0, |out| StaticStringDependency { id: 5, text: "bow" }.write_to(out));
    let dependencies = Bytes::from(compress_frame(dependencies.as_bytes()));
    Block {
        block_id: Uuid::new_v4(),
        stream_id: stream.stream_id,
        process_id: stream.process_id,
        begin_time: chrono::DateTime::UNIX_EPOCH,
        begin_ticks: 0,
        end_time: chrono::DateTime::UNIX_EPOCH,
        end_ticks: 0,
        payload: Payload { dependencies, objects: objects.into() }.to_raw(),
        object_offset: 10,
        event_count,
        event_ticks: Some(TickRange { least: START_TICKS, greatest: START_TICKS + 9 }),
        skipped_events: 0,
    }
}

fn shots() -> RecordQueue {
    let mut queue = RecordQueue::new();
    let shot = Shot {
        time: START_TICKS + 3,
        weapon: 5,
        damage: 2.5,
        shots: u64::MAX,
        score: -7,
        is_hit: 1,
        process_id: 9,
    };
    queue.push(0, &shot);
    queue.push(0, &Shot { time: START_TICKS + 4, weapon: 0, damage: f64::NAN, ..shot });
    queue
}

/// A lake with two shots, in a plain and in a planar block of two streams.
async fn lake_with_shots() -> (TestLake, TestProcess) {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let layout = StreamLayout::of::<Dependencies, Events>();
    let tenant = Tenant::default();
    let mut encoder = Encoder::new(&layout.objects, Codec::Lz4).unwrap();
    let queue = shots();
    let payloads = [compress_frame(queue.as_bytes()), encoder.encode(queue.as_bytes(), None)];
    for (tag, payload) in ["game", "log"].into_iter().zip(payloads) {
        let stream = stream(&process, tag, layout.clone());
        lake.lake.insert_stream(&tenant, stream.clone()).await.unwrap();
        lake.send_block(block(&stream, payload, 2)).await;
    }
    (lake, process)
}

#[tokio::test]
async fn a_type_is_a_table_with_a_column_for_each_member() {
    let (lake, process) = lake_with_shots().await;
    let sql = "SELECT event_id, time, weapon, damage, shots, score, is_hit, \"member.process_id\" \
               FROM events.\"Shot\" ORDER BY time, stream_id";
    let one = "10|2026-01-01T00:00:00.000000003Z|bow|2.5|18446744073709551615|-7|1|9";
    let two = "11|2026-01-01T00:00:00.000000004Z|NULL|NaN|18446744073709551615|-7|1|9";
    assert_eq!(lake.query(sql).await, [one, one, two, two]);
    let fields =
        "SELECT DISTINCT jsonb_format_json(fields) FROM events.\"Shot\" WHERE event_id = 10";
    assert_eq!(
        lake.query(fields).await,
        [format!(
            r#"{{"damage":2.5,"is_hit":1,"process_id":9,"score":-7,"shots":18446744073709551615,"time":{},"weapon":"bow"}}"#,
            START_TICKS + 3
        )]
    );
    let filtered = format!(
        "SELECT count(*) FROM events.\"Shot\" WHERE process_id = '{}' AND weapon = 'bow' \
         AND time < TIMESTAMP '2026-01-01T00:00:00.000000004Z'",
        process.id()
    );
    assert_eq!(lake.query(&filtered).await, ["2"]);
    let instance = format!(
        "SELECT type_name, count(*) FROM view_instance('custom_events', '{}') GROUP BY type_name",
        process.id()
    );
    assert_eq!(lake.query(&instance).await, ["Shot|4"]);
}

#[tokio::test]
async fn only_streams_that_may_have_the_type_are_read() {
    let (lake, process) = lake_with_shots().await;
    let log = Event::Log { ticks: START_TICKS, level: 4, message: "m".to_owned() };
    lake.send(&mut process.log_stream(), &[log]).await;
    let plan = lake.explain("SELECT * FROM events.\"Shot\"").await;
    assert!(plan.contains("view=custom_events, blocks=2"), "{plan}");
}

#[tokio::test]
async fn rules_hide_members_as_they_do_properties() {
    let (mut lake, _) = lake_with_shots().await;
    let rules = [("weapon", Redact::Hash), ("damage", Redact::Drop), ("score", Redact::Hash)];
    lake.options.redaction = Redaction::new(rules, "key");
    let bow = lake.options.redaction.hash("bow");
    let sql = "SELECT DISTINCT weapon, damage, score, is_hit, \
               property_get(fields, 'weapon') = weapon FROM events.\"Shot\" WHERE event_id = 10";
    // The hash of a number is none.
    assert_eq!(lake.query(sql).await, [format!("{bow}|NULL|NULL|1|true")]);
    let sql = "SELECT count(*) FROM events.\"Shot\" WHERE weapon = 'bow' OR damage > 1";
    assert_eq!(lake.query(sql).await, ["0"]);
}

#[tokio::test]
async fn versions_of_a_type_are_one_table() {
    let (lake, process) = lake_with_shots().await;
    let layout = StreamLayout::of::<Dependencies, later::Events>();
    let stream = stream(&process, "game", layout);
    lake.lake.insert_stream(&Tenant::default(), stream.clone()).await.unwrap();
    let mut queue = RecordQueue::new();
    queue.push(0, &later::Shot { damage: 4, time: START_TICKS + 9, range: 0.5 });
    lake.send_block(block(&stream, compress_frame(queue.as_bytes()), 1)).await;
    // Damage is a number of another kind in each: text.
    let sql = "SELECT DISTINCT time, damage, range, shots FROM events.\"Shot\" ORDER BY time";
    assert_eq!(
        lake.query(sql).await,
        [
            "2026-01-01T00:00:00.000000003Z|2.5|NULL|18446744073709551615",
            "2026-01-01T00:00:00.000000004Z|NaN|NULL|18446744073709551615",
            "2026-01-01T00:00:00.000000009Z|4|0.5|NULL",
        ]
    );
}

#[tokio::test]
async fn types_are_listed_with_what_their_members_are() {
    let (lake, process) = lake_with_shots().await;
    // The built-in streams have no types of their own.
    lake.send_stream(&process.thread_stream()).await;
    lake.send_stream(&process.log_stream()).await;
    let rows =
        lake.query("SELECT type_name, stream_count, tags, members FROM list_event_types()").await;
    let members = r#"{"damage":"float","is_hit":"unsigned","process_id":"unsigned","score":"signed","shots":"unsigned","time":"signed","weapon":"text"}"#;
    assert_eq!(rows, [format!("Shot|2|[game, log]|{members}")]);
    let error = lake.context().sql("SELECT * FROM events.\"Shots\"").await.unwrap_err();
    assert!(error.to_string().contains("not found"), "{error}");
}
