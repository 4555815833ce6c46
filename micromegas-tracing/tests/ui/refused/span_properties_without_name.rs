use micromegas_tracing::prelude::*;

fn main() {
    let _span = span_scope!(path = "a/b");
    let _named = span_scope_named!(path = "a/b");
}
