//! Streams that are neither of logs, metrics nor spans: events of types of the host's own, and
//! attachments.
//!
//! - [`stream`]: a stream of the host's types; [`attachments`]: the one of images and files.
//! - [`references`]: texts and property sets that an event refers to.
//! - [`pending`]: what was recorded and waits for the flusher; [`registry`]: all streams.

mod attachments;
mod pending;
mod references;
pub(crate) mod registry;
mod stream;

pub use attachments::{ATTACHMENT_BYTES_MAX, attach, send_image};
pub(crate) use pending::PendingBlock;
pub use references::References;
pub(crate) use registry::OwnQueue;
pub use stream::EventStream;
