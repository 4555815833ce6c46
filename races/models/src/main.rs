//! Checks the buffers of `micromegas-tracing` under all interleavings of threads, and all results
//! of atomic loads that the memory model allows.
//!
//! The sources of `buffer/` are compiled as they are, with the types of the model checker `loom`
//! for synchronisation. Each model plays an owner, which records, and a flusher, which takes.

#[path = "../../../micromegas-tracing/src/buffer/mod.rs"]
#[expect(dead_code, reason = "not every part is in a model")]
mod buffer;
mod lock;
mod models;
mod owner;
mod sync;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

fn main() {
    for (name, model) in models::ALL {
        let begin = Instant::now();
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&runs);
        loom::model(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            sync::forget_memory();
            model();
        });
        let runs = runs.load(Ordering::Relaxed);
        println!("{name}: {runs} runs, {:.1} s", begin.elapsed().as_secs_f64());
    }
}
