use micromegas_transit::Reflect;

#[repr(C, packed)]
#[derive(Reflect)]
struct Packed {
    small: u8,
    large: u64,
}

fn main() {}
