//! The macros that record. Each call site gets one static descriptor.
//!
//! - [`enabled`]: with the feature `enable`; [`disabled`]: without, they expand to nothing.
//! - [`futures`], [`descriptors`]: both with and without.

mod descriptors;
mod futures;

#[cfg(not(feature = "enable"))]
mod disabled;
#[cfg(feature = "enable")]
mod enabled;
