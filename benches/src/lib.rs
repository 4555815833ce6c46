//! What the benches measure with, and what they measure against.
//!
//! Speed is stated as a multiple of something that the same machine does in the same run, because
//! nanoseconds of one machine say little about another:
//!
//! - [`Ring`]: the least that recording an event can cost, a clock read and a store into memory of
//!   the thread. `cargo xtask budget recording` holds the macros against it.
//! - [`c_lz4`]: the reference C library's decompression, the least that reading a plain block can
//!   cost. `cargo xtask budget decode` holds the decoder against it.
//! - [`plane_entropy_bytes`]: the size that the byte planes of a block have for a simple coder.
//!   `cargo xtask budget planar` holds the sizes of planar blocks against it.
//!
//! Benches that are compared run in rounds, each of them once a round, so that a machine that slows
//! down for a while slows down all of them. The limits stand in `benches/budget.toml`.

mod bursts;
pub mod c_lz4;
mod cpu_clock;
mod encoding_sink;
mod entropy;
mod log_block;
mod metric_block;
mod mix;
mod random;
mod ring;
mod span_block;
mod thousand_spans;
mod values;

pub use bursts::in_bursts;
pub use cpu_clock::{ThreadCpuTime, process_cpu_time};
pub use encoding_sink::EncodingSink;
pub use entropy::plane_entropy_bytes;
pub use log_block::LogBlock;
pub use metric_block::MetricBlock;
pub use mix::Mix;
pub use ring::Ring;
pub use span_block::SpanBlock;
pub use thousand_spans::THOUSAND_SPANS;
pub use values::leave_value;
