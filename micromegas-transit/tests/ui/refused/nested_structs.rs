use micromegas_transit::Reflect;

#[repr(C)]
#[derive(Clone, Copy, Reflect)]
struct Inner {
    value: u64,
}

#[repr(C)]
#[derive(Reflect)]
struct Outer {
    inner: Inner,
}

fn main() {}
