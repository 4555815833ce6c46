//! Which blocks of threads are worth sending.
//!
//! - [`sink`]: a sink that passes on what a rule keeps.
//! - [`spikes`]: the rule for frames: the slow ones, and a few others.
//! - [`average`]: what is slow.

mod average;
mod sink;
mod spikes;

pub use sink::{BlockSampler, SamplingSink, SamplingSwitch};
pub use spikes::{SpikeOptions, SpikeSampler};
