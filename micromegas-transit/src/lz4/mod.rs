//! LZ4 frames: what both record buffers of a payload are compressed into.

mod decode;
mod encode;
mod header;

pub use decode::{decompress_frame, decompress_frame_into};
pub use encode::compress_frame;
