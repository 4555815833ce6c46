use micromegas_tracing::prelude::*;

struct Player;

fn main() {
    let count = 3_usize;
    info!(count = count, "a number that is no literal");
    imetric!("size", "bytes", player = Player, 12);
    let _span = span_scope!(name = "load", player = ?Player);
}
