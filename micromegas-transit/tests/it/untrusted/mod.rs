//! What is asked of everything that reads bytes from outside, whatever the bytes are: no panic, a
//! result within the limits, columns that belong together.
//!
//! The fuzz targets in `fuzz/` feed these functions; so does the test beside them, with the seeds
//! and the inputs that once failed.

mod columns;
mod dependencies;
mod envelope;
mod frame;
pub(crate) mod known;
mod layouts;
mod metadata;
mod objects;
mod planar;
mod target;

pub(crate) use target::TARGETS;
