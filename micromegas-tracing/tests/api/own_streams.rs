//! Streams of types of one's own, and attachments.

use crate::sink::{opened, start};
use micromegas_tracing::prelude::*;
use micromegas_tracing::{ATTACHMENT_BYTES_MAX, EventStream, attach, send_image, stats};
use micromegas_transit::{ColumnValues, Reflect, record_set};
use std::collections::BTreeMap;
use std::sync::LazyLock;

#[repr(C)]
#[derive(Reflect)]
struct Collision {
    #[reflect(reference)]
    object: u64,
    #[reflect(reference)]
    properties: u64,
    force: f64,
    time: i64,
}

#[repr(C)]
#[derive(Reflect)]
struct Jump {
    height: f64,
    time: i64,
}

record_set! {
    struct PhysicsEvents { Collision, Jump }
}

static PHYSICS: LazyLock<EventStream<PhysicsEvents>> = LazyLock::new(|| {
    let properties = BTreeMap::from([("engine".to_owned(), "own".to_owned())]);
    EventStream::with_properties("physics", properties)
});

#[test]
fn events_of_ones_own_types_travel_under_their_tag() {
    start();
    let record = |thread: u32| {
        for round in 0..100 {
            let is_recorded = PHYSICS.record(now(), |references, time| Collision {
                object: references.text(if round % 2 == 0 { "crate" } else { "barrel" }),
                properties: references.properties(&[("thread", &thread.to_string())]),
                force: f64::from(round),
                time,
            });
            assert!(is_recorded);
        }
        assert!(PHYSICS.record(now(), |_, time| Jump { height: 1.5, time }));
    };
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || record(thread));
        }
    });
    let (mut collisions, mut jumps, mut forces) = (0, 0, 0.0);
    opened("physics", |stream, block, open| {
        assert_eq!(stream.properties["engine"], "own");
        assert_eq!(block.object_offset, i64::from(collisions + jumps));
        let columns = open.event_columns(0).columns;
        assert!(columns.record.len() <= 400);
        let ColumnValues::Text(texts) = &columns.get("object").expect("a member").values else {
            panic!("texts")
        };
        let text = |index: &i32| open.strings().get(*index as usize).expect("a text");
        assert!(texts.iter().map(text).all(|text| ["crate", "barrel"].contains(&text)));
        let ColumnValues::Float(values) = &columns.get("force").expect("a member").values else {
            panic!("numbers")
        };
        forces += values.iter().sum::<f64>();
        let ColumnValues::Signed(times) = &columns.get("time").expect("a member").values else {
            panic!("ticks")
        };
        let range = block.event_ticks;
        assert!(times.iter().all(|time| (range.least..=range.greatest).contains(time)));
        collisions += columns.record.len() as i32;
        jumps += open.event_columns(1).columns.record.len() as i32;
    });
    assert_eq!((collisions, jumps, forces), (400, 4, 4.0 * 4950.0));
}

#[test]
fn a_stream_that_nobody_holds_any_more_still_delivers() {
    start();
    let stream = EventStream::<PhysicsEvents>::new("short-lived");
    assert!(stream.record(now(), |_, time| Jump { height: 2.0, time }));
    drop(stream);
    let mut events = 0;
    opened("short-lived", |_, block, _| events += block.event_count);
    assert_eq!(events, 1);
}

#[test]
fn recording_to_a_stream_while_an_event_is_made_is_refused_and_counted() {
    start();
    let stream = EventStream::<PhysicsEvents>::new("entered twice");
    let before = stats().dropped.own_events;
    let is_recorded = stream.record(now(), |_, time| {
        assert!(!stream.record(time, |_, time| Jump { height: 1.0, time }));
        Jump { height: 2.0, time }
    });
    assert!(is_recorded);
    assert!(stats().dropped.own_events > before);
}

#[test]
fn a_panic_while_an_event_is_made_costs_that_event() {
    start();
    let stream = EventStream::<PhysicsEvents>::new("panicking");
    let panicking = std::panic::AssertUnwindSafe(|| {
        stream.record(now(), |references, _| -> Jump {
            references.text("half an event");
            std::panic::resume_unwind(Box::new("on purpose"))
        })
    });
    assert!(std::panic::catch_unwind(panicking).is_err());
    assert!(stream.record(now(), |_, time| Jump { height: 3.0, time }));
    let mut events = 0;
    opened("panicking", |_, _, open| events += open.event_columns(1).columns.record.len());
    assert_eq!(events, 1);
}

#[test]
fn attachments_of_any_media_type_arrive_whole() {
    start();
    let dump: Vec<u8> = (0..3_000_000_u32).map(|index| index as u8).collect();
    assert!(send_image("screenshot", "image/png", b"\x89PNG"));
    assert!(attach("crash", "application/x-dmp", &dump));
    assert!(attach("empty", "", b""));
    assert!(!attach("too large", "video/mp4", &vec![0; ATTACHMENT_BYTES_MAX + 1]));
    let mut found = Vec::new();
    opened("image", |_, _, open| {
        let images = open.images();
        assert!(images.losses.is_empty());
        let columns = images.columns;
        found.extend((0..columns.record.len()).map(|row| {
            let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
            let data = columns.data.get(row).unwrap_or_default().to_vec();
            (text(columns.name.get(row)), text(columns.format.get(row)), data)
        }));
    });
    assert_eq!(found.len(), 3);
    assert_eq!(
        (&*found[0].0, &*found[0].1, &*found[0].2),
        ("screenshot", "image/png", &b"\x89PNG"[..])
    );
    assert_eq!((&*found[1].1, &found[1].2), ("application/x-dmp", &dump));
    assert!(found[2].2.is_empty());
}
