//! Settings that a server changes while the process runs, for a while. The protocol is in
//! `docs/control.md`.
//!
//! - [`settings`]: the document.
//! - [`session`]: which settings are in force, and until when.
//! - [`process`]: putting them in force in this process.

mod process;
mod session;
mod settings;

pub use process::{Controlled, ProcessSettings};
pub(crate) use session::Control;
pub(crate) use settings::{CONTROL_HEADER, CONTROL_TYPE, SETTINGS_BYTES_MAX, control_value};
pub use settings::{ControlSettings, Sampling};
