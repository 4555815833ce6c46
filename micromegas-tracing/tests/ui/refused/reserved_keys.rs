use micromegas_tracing::prelude::*;

fn main() {
    info!(level = "high", "of a log entry");
    info!(Target = "x", "in whatever case");
    imetric!("size", "bytes", unit = "MB", 12);
    let _span = span_scope!(name = "load", name = "twice");
}
