use micromegas_tracing::prelude::*;

fn main() {
    imetric!("size", "bytes");
    imetric!("size", "bytes", a = 1);
    fmetric!("ratio", "percent", 0.5, b = 2);
}
