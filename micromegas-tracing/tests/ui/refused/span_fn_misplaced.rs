use micromegas_tracing::prelude::*;

#[span_fn]
struct Atlas;

#[span_fn(name = "load")]
fn load() {}

#[log_fn("load")]
fn unload() {}

trait Loads {
    #[span_fn]
    fn load(&self);
}

fn main() {}
