use micromegas_transit::Reflect;

#[repr(C)]
#[derive(Reflect)]
struct Twice {
    #[reflect(name = "time")]
    begin: i64,
    time: i64,
}

#[repr(C)]
#[derive(Reflect)]
struct Misspelt {
    #[reflect(referenced)]
    object: u64,
}

#[repr(C)]
#[derive(Reflect)]
#[reflect(reference)]
struct Misplaced {
    object: u64,
}

fn main() {}
