//! What a host sets up once: where settings come from, what children inherit, what a panic leaves.
//!
//! - [`environment`]: settings by the names of environment variables, which the host looks up.
//! - [`children`]: processes that this one starts.
//! - [`panic`]: the panic hook.

mod children;
mod environment;
mod panic;

pub use children::pass_process_id;
pub use environment::EnvironmentError;
pub use panic::record_panics;
