use micromegas_tracing::prelude::*;

fn main() {
    let span = span_scope!(name = "load", a = 1);
    std::thread::spawn(move || drop(span));
}
