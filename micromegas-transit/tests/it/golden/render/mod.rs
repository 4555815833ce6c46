//! What decoding makes of a block, as text: one line for each row.

mod json;
mod rows;
mod sections;

pub(crate) use sections::block;
