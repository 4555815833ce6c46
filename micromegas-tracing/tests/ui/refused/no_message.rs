use micromegas_tracing::prelude::*;

fn main() {
    info!(a = 1);
    log!(Level::Info);
}
