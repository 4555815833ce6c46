//! The macros that record. Each call site gets one static descriptor.
//!
//! - [`enabled`]: with the feature `enable`; [`disabled`]: without, they expand to nothing.
//! - [`instrument`], [`instrument_disabled`]: the same for futures with names made at run time.
//! - [`futures`], [`descriptors`]: both with and without.

mod descriptors;
mod futures;

#[cfg(not(feature = "enable"))]
mod disabled;
#[cfg(feature = "enable")]
mod enabled;
#[cfg(feature = "enable")]
mod instrument;
#[cfg(not(feature = "enable"))]
mod instrument_disabled;
