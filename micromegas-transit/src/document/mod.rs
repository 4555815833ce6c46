//! The CBOR documents that clients send: processes, streams, blocks.
//!
//! Reading is lenient (any key order, unknown keys, definite and indefinite containers, chunked
//! text, ids in any case, times with any number of digits and any offset); writing is uniform.

mod block;
mod fields;
mod payload;
mod process;
mod stream;

pub use block::{Block, TickRange};
pub use payload::{Payload, RawPayload};
pub use process::ProcessInfo;
pub use stream::StreamInfo;
