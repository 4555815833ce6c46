use micromegas_transit::Reflect;

#[repr(C)]
#[derive(Reflect)]
struct Matrix {
    cells: [f64; 4],
}

#[repr(C)]
#[derive(Reflect)]
struct Pair {
    pair: (u64, u64),
}

fn main() {}
