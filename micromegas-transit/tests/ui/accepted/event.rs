use micromegas_transit::types::StaticStringDependency;
use micromegas_transit::{Reflect, StreamLayout, TypedQueue, record_set};

#[repr(C)]
#[derive(Clone, Copy, Reflect)]
#[reflect(name = "PlayerJump")]
struct Jump {
    #[reflect(reference, name = "player")]
    player_id: u64,
    height: f64,
    time: i64,
    flags: u8,
    limbs: u8,
    boots: u8,
    wings: u8,
    gravity: u32,
}

record_set! {
    /// Strings.
    struct Dependencies {
        dynamic StaticStringDependency<'_>,
    }
}

record_set! {
    struct Events { Jump }
}

record_set! {
    struct Nothing {}
}

fn main() {
    let mut queue = TypedQueue::<Events>::with_capacity(100);
    let jump = Jump {
        player_id: 1,
        height: 2.0,
        time: 3,
        flags: 4,
        limbs: 5,
        boots: 6,
        wings: 7,
        gravity: 8,
    };
    queue.push(&jump);
    assert_eq!(queue.as_bytes().len(), 33);
    assert_eq!(StreamLayout::of::<Dependencies, Events>().objects[0].name, "PlayerJump");
    assert_eq!(StreamLayout::of::<Nothing, Nothing>(), StreamLayout::default());
    assert!(TypedQueue::<Nothing>::new().is_empty());
}
