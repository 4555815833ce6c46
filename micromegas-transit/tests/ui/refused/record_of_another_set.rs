use micromegas_transit::{Reflect, TypedQueue, record_set};

#[repr(C)]
#[derive(Reflect)]
struct Jump {
    time: i64,
}

#[repr(C)]
#[derive(Reflect)]
struct Run {
    time: i64,
}

#[repr(C)]
#[derive(Reflect)]
struct Fall {
    time: i64,
}

record_set! {
    struct Moves { Jump, Run }
}

fn main() {
    let mut queue = TypedQueue::<Moves>::new();
    queue.push(&Jump { time: 1 });
    queue.push(&Fall { time: 2 });
}
