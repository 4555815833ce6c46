//! From a typed queue to a block and back.

use micromegas_transit::types::{Property, PropertySetDependency, StaticStringDependency};
use micromegas_transit::{
    Block, ColumnValues, Holds, Limits, Payload, RecordSet, Reflect, StreamInfo, StreamLayout,
    StreamPlan, TypedQueue, compress_frame, record_set,
};
use proptest::prelude::*;

#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Reflect)]
struct ActorClass {
    id: u64,
    #[reflect(reference)]
    name: u64,
    mass: f64,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Reflect)]
struct Collision {
    #[reflect(reference)]
    class: u64,
    #[reflect(reference)]
    properties: u64,
    force: f64,
    time: i64,
    count: u32,
    flags: u8,
    a: u8,
    b: u8,
    c: u8,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Reflect)]
#[reflect(name = "PlayerJump")]
struct Jump {
    #[reflect(reference, name = "player")]
    player_id: u64,
    time: i64,
}

record_set! {
    struct GameDependencies {
        dynamic StaticStringDependency<'_>,
        dynamic PropertySetDependency<'_>,
        ActorClass,
    }
}

record_set! {
    struct GameEvents { Jump, Collision }
}

#[test]
fn indices_and_layouts_follow_from_the_sets() {
    assert_eq!(<GameEvents as Holds<Jump>>::TYPE_INDEX, 0);
    assert_eq!(<GameEvents as Holds<Collision>>::TYPE_INDEX, 1);
    assert_eq!(<GameDependencies as Holds<StaticStringDependency<'_>>>::TYPE_INDEX, 0);
    assert_eq!(<GameDependencies as Holds<ActorClass>>::TYPE_INDEX, 2);
    let names = |table: Vec<micromegas_transit::TypeLayout>| -> Vec<String> {
        table.into_iter().map(|layout| layout.name).collect()
    };
    assert_eq!(names(GameEvents::layouts()), ["PlayerJump", "Collision"]);
    assert_eq!(
        names(GameDependencies::layouts()),
        ["StaticStringDependency", "PropertySetDependency", "ActorClass", "Property"]
    );
    let layout = StreamLayout::of::<GameDependencies, GameEvents>();
    assert_eq!(layout.check(&Limits::default()), Ok(()));
    assert_eq!(layout.clone().canonical(), layout);
}

/// The dependencies that all tests refer to.
fn dependencies() -> TypedQueue<GameDependencies> {
    let mut queue = TypedQueue::new();
    for (id, text) in [(1, "Pawn"), (2, "Crate"), (3, "map"), (4, "Arena")] {
        queue.push_dynamic(&StaticStringDependency { id, text });
    }
    let properties = [Property { name: 3, value: 4 }];
    queue.push_dynamic(&PropertySetDependency { id: 5, properties: &properties });
    queue.push(&ActorClass { id: 10, name: 1, mass: 80.0 });
    queue.push(&ActorClass { id: 11, name: 2, mass: 20.0 });
    queue
}

/// Sends a stream and a block of it through their documents.
fn delivered(events: &TypedQueue<GameEvents>) -> (StreamPlan, Payload) {
    let stream = StreamInfo {
        process_id: Default::default(),
        stream_id: Default::default(),
        layout: StreamLayout::of::<GameDependencies, GameEvents>(),
        tags: vec!["game".into()],
        properties: Default::default(),
    };
    let stream = StreamInfo::from_cbor(stream.to_cbor().into()).unwrap();
    let payload = Payload {
        dependencies: compress_frame(dependencies().as_bytes()).into(),
        objects: compress_frame(events.as_bytes()).into(),
    };
    let block = Block {
        block_id: Default::default(),
        stream_id: Default::default(),
        process_id: Default::default(),
        begin_time: Default::default(),
        begin_ticks: 0,
        end_time: Default::default(),
        end_ticks: 0,
        payload: payload.to_raw(),
        object_offset: 0,
        event_count: events.record_count() as i32,
        event_ticks: None,
        skipped_events: 0,
    };
    let block = Block::from_cbor(block.to_cbor().into()).unwrap();
    let plan = StreamPlan::compile(&stream.layout, &Limits::default()).unwrap();
    (plan, block.payload.open().unwrap())
}

fn jumps() -> impl Strategy<Value = Jump> {
    (1_u64..=2, any::<i64>()).prop_map(|(player_id, time)| Jump { player_id, time })
}

fn collisions() -> impl Strategy<Value = Collision> {
    (10_u64..=11, any::<bool>(), -1e9..1e9, any::<i64>(), any::<u32>(), any::<u8>()).prop_map(
        |(class, tagged, force, time, count, flags)| Collision {
            class,
            properties: if tagged { 5 } else { 0 },
            force,
            time,
            count,
            flags,
            a: 1,
            b: 2,
            c: 3,
        },
    )
}

#[derive(Debug, Clone)]
enum AnyEvent {
    Jump(Jump),
    Collision(Collision),
}

fn events() -> impl Strategy<Value = Vec<AnyEvent>> {
    let any =
        prop_oneof![jumps().prop_map(AnyEvent::Jump), collisions().prop_map(AnyEvent::Collision),];
    proptest::collection::vec(any, 0..300)
}

fn signed(values: &ColumnValues) -> &[i64] {
    match values {
        ColumnValues::Signed(values) => values,
        other => panic!("signed integers were expected, not {other:?}"),
    }
}

fn unsigned(values: &ColumnValues) -> &[u64] {
    match values {
        ColumnValues::Unsigned(values) => values,
        other => panic!("unsigned integers were expected, not {other:?}"),
    }
}

fn floats(values: &ColumnValues) -> &[f64] {
    match values {
        ColumnValues::Float(values) => values,
        other => panic!("floats were expected, not {other:?}"),
    }
}

fn indices(values: &ColumnValues) -> &[i32] {
    match values {
        ColumnValues::Text(values) | ColumnValues::Properties(values) => values,
        other => panic!("indices were expected, not {other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_pushed_comes_back_as_columns(events in events()) {
        let mut queue = TypedQueue::<GameEvents>::new();
        for event in &events {
            match event {
                AnyEvent::Jump(jump) => queue.push(jump),
                AnyEvent::Collision(collision) => queue.push(collision),
            }
        }
        prop_assert_eq!(queue.record_count(), events.len());
        let (plan, payload) = delivered(&queue);
        let block = plan.open(&payload, &Limits::default()).unwrap();
        let text = |index: i32| block.strings().get(index as usize).unwrap();

        let jumps = block.event_columns(<GameEvents as Holds<Jump>>::TYPE_INDEX);
        prop_assert!(jumps.losses.is_empty());
        let jumps = jumps.columns;
        let times = jumps.get("time").map(|column| signed(&column.values)).unwrap();
        let players = jumps.get("player").map(|column| indices(&column.values)).unwrap();
        let mut jump_row = 0;

        let collisions = block.event_columns(<GameEvents as Holds<Collision>>::TYPE_INDEX);
        prop_assert!(collisions.losses.is_empty());
        let collisions = collisions.columns;
        let mut row = 0;

        for (record, event) in events.iter().enumerate() {
            match event {
                AnyEvent::Jump(jump) => {
                    prop_assert_eq!(jumps.record[jump_row], record as u32);
                    prop_assert_eq!(times[jump_row], jump.time);
                    let player = if jump.player_id == 1 { "Pawn" } else { "Crate" };
                    prop_assert_eq!(text(players[jump_row]), player);
                    jump_row += 1;
                }
                AnyEvent::Collision(collision) => {
                    let values = |name| &collisions.get(name).unwrap().values;
                    prop_assert_eq!(collisions.record[row], record as u32);
                    prop_assert_eq!(floats(values("force"))[row], collision.force);
                    prop_assert_eq!(signed(values("time"))[row], collision.time);
                    prop_assert_eq!(unsigned(values("count"))[row], u64::from(collision.count));
                    prop_assert_eq!(unsigned(values("flags"))[row], u64::from(collision.flags));
                    prop_assert_eq!(unsigned(values("c"))[row], 3);
                    let (name, mass) =
                        if collision.class == 10 { ("Pawn", 80.0) } else { ("Crate", 20.0) };
                    prop_assert_eq!(text(indices(values("class.name"))[row]), name);
                    prop_assert_eq!(floats(values("class.mass"))[row], mass);
                    let present = &collisions.get("properties").unwrap().present;
                    let is_present = present.is_empty() || present[row];
                    prop_assert_eq!(is_present, collision.properties == 5);
                    row += 1;
                }
            }
        }
        prop_assert_eq!(jump_row, jumps.record.len());
        prop_assert_eq!(row, collisions.record.len());
    }
}
