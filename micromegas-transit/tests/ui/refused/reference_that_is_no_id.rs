use micromegas_transit::Reflect;

#[repr(C)]
#[derive(Reflect)]
struct Short {
    #[reflect(reference)]
    object: u32,
    line: u32,
}

type Signed = i64;

#[repr(C)]
#[derive(Reflect)]
struct Alias {
    #[reflect(reference)]
    object: Signed,
}

fn main() {}
