use micromegas_transit::Reflect;

#[repr(C)]
#[derive(Reflect)]
struct Padded {
    small: u8,
    large: u64,
}

fn main() {}
