//! What a process tells about itself while it records: what was lost, and how machine and process
//! are.
//!
//! - [`reporter`]: the thread that makes reports when they are due.
//! - [`losses`]: events that never reached the server.
//! - [`machine`]: load and memory, with the feature `system-metrics`.

mod losses;
#[cfg(feature = "system-metrics")]
mod machine;
mod reporter;

pub(crate) use losses::LossReport;
#[cfg(feature = "system-metrics")]
pub(crate) use machine::{MachineReport, ProcessReport, machine_properties};
pub(crate) use reporter::{Report, Reporter};
