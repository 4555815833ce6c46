//! The same work with and without macros around it, for the tests to compare.
//!
//! Without the feature `bounds` nothing is recorded: the code of both is the same, instruction by
//! instruction.
#![forbid(unsafe_code)]

mod work;

pub use work::{future_with, future_without, with, without};
