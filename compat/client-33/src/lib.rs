//! What clients of the published crates 0.33 record, and how those crates read a block.
//!
//! | module | does |
//! |---|---|
//! | `recording` | records every kind of event, and says what it has recorded |
//! | `reader` | reads a block with the published parser |
#![forbid(unsafe_code)]

mod reader;
mod recording;

pub use reader::read;
pub use recording::{EXPECTED, record};
