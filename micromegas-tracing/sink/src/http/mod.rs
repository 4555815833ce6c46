//! Delivery over HTTP.
//!
//! - [`sink`]: the sink itself, and its two threads.
//! - [`queue`]: what waits, in order and bounded.
//! - [`packer`]: the thread that encodes, compresses and spools; [`packed`]: what it makes.
//! - [`sender`]: the thread that sends and decides what to do with an answer.
//! - [`client`]: one request and its answer; [`endpoint`]: where it goes; [`credentials`]: who
//!   sends it; [`server`]: what answers tell.
//! - [`backoff`]: how long to wait before the next attempt.

mod backoff;
mod client;
mod credentials;
mod endpoint;
mod options;
mod packed;
mod packer;
mod queue;
mod sender;
mod server;
mod sink;
mod stats;

pub use credentials::ClientCredentials;
pub use options::HttpOptions;
pub use sink::{HttpSink, HttpSinkError};
pub use stats::{DeliveryStats, EventCounts};
