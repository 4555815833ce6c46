//! The planar encoding of a record buffer: made for compression, exact, and read by columns.
//!
//! A record buffer compresses badly as it lies, because neighbouring bytes have nothing to do with
//! each other. Here the values of one member are collected over all records, written as differences
//! where that makes them smaller, and split into planes of bytes of equal weight. Most planes are
//! constant then and cost nothing; the others compress well.
//!
//! `docs/wire-format.md` specifies the bytes. [`Encoder`] writes them, [`decode`] rebuilds the
//! record buffer byte for byte, and [`StreamPlan::open`](crate::StreamPlan::open) takes a planar
//! buffer wherever it takes an LZ4 frame.
//!
//! ```
//! use micromegas_transit::planar::{self, Codec, Encoder};
//! use micromegas_transit::types::{self, BeginThreadSpanEvent};
//! use micromegas_transit::{Limits, RecordQueue};
//!
//! # fn main() -> Result<(), micromegas_transit::Error> {
//! let mut queue = RecordQueue::new();
//! for time in 0..1000 {
//!     let begin = BeginThreadSpanEvent { thread_span_desc: 7, time: 100 * time };
//!     queue.push(types::thread::BEGIN_THREAD_SPAN_EVENT, &begin);
//! }
//! let mut encoder = Encoder::new(&types::thread_stream_layout().objects, Codec::Lz4)?;
//! let planar = encoder.encode(queue.as_bytes(), None);
//! assert!(planar::is_planar(&planar) && planar.len() < 100);
//! assert_eq!(planar::decode(&planar, &Limits::default())?, queue.as_bytes());
//! # Ok(())
//! # }
//! ```

mod accept;
mod block;
mod carried;
mod choose;
mod codec;
mod encode;
mod family;
mod header;
mod lz4;
mod plane;
mod preamble;
mod rebuild;
mod shape;
mod transform;
mod values;
mod varint;

pub use accept::{ACCEPT_HEADER, AcceptedCodecs, accept_value};
pub use carried::CarriedSpan;
pub use codec::Codec;
pub use encode::Encoder;
pub use preamble::is_planar;
pub use rebuild::decode;

pub(crate) use block::PlanarBlock;
pub(crate) use header::{Header, PresentType};
pub(crate) use values::ValueReader;
