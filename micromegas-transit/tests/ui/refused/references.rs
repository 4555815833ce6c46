use micromegas_transit::Reflect;

#[repr(C)]
#[derive(Reflect)]
struct Borrowed {
    text: &'static str,
}

#[repr(C)]
#[derive(Reflect)]
struct Pointing {
    target: *const u8,
}

#[repr(C)]
#[derive(Reflect)]
struct Calling {
    callback: fn(),
}

fn main() {}
