//! Blocks as the published Rust clients build them: compiler-chosen offsets, nested reference
//! types, plain and tagged types, secondary types behind the queue types.

mod logs;
mod metrics;
mod overrides;
mod spans;
mod values;
