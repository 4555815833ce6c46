//! What clients of the published crates 0.20 record.
#![forbid(unsafe_code)]

mod recording;

pub use recording::{EXPECTED, record};
