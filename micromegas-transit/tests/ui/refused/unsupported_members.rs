use micromegas_transit::Reflect;

#[repr(C)]
#[derive(Reflect)]
struct Text {
    text: String,
}

#[repr(C)]
#[derive(Reflect)]
struct Size {
    size: usize,
}

#[repr(C)]
#[derive(Reflect)]
struct Flag {
    flag: bool,
}

fn main() {}
