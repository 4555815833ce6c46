//! `micromegas index`: an instrumented program that does real work.
//!
//! Worker threads read, hash, count and compress the files of a directory; an asynchronous stage
//! writes the index. Everything it does is recorded: a span per file, chunk and step, logs, and
//! metrics of sizes and durations.

mod command;
mod file;
mod progress;
mod summary;
mod workers;
mod writer;

pub(crate) use command::{Args, run};
pub(crate) use summary::{Events, Summary};
