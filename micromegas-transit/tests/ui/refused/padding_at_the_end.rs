use micromegas_transit::Reflect;

#[repr(C)]
#[derive(Reflect)]
struct Padded {
    large: u64,
    small: u32,
}

fn main() {}
