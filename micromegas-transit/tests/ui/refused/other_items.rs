use micromegas_transit::Reflect;

#[repr(C)]
#[derive(Reflect)]
enum Choice {
    One,
}

#[repr(C)]
#[derive(Reflect)]
union Either {
    integer: u64,
    float: f64,
}

#[repr(C)]
#[derive(Reflect)]
struct Nameless(u64);

#[repr(C)]
#[derive(Reflect)]
struct Generic<T> {
    value: T,
}

fn main() {}
