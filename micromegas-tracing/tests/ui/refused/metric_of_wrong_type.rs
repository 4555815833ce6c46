use micromegas_tracing::prelude::*;

fn main() {
    imetric!("ratio", "percent", 0.5);
    fmetric!("size", "bytes", a = 1, 12_u64);
}
