use micromegas_transit::{Reflect, record_set};

#[repr(C)]
#[derive(Reflect)]
struct Jump {
    time: i64,
}

record_set! {
    struct Jumps { Jump, Jump }
}

fn main() {}
