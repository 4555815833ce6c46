use micromegas_transit::Reflect;

#[derive(Reflect)]
struct Free {
    value: u64,
}

fn main() {}
