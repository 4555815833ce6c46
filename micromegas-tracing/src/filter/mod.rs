//! Which events are recorded: at most what the features of this crate let into the program, and of
//! that what the filters let through at present, for all targets or for some.
//!
//! - [`global`]: one word for levels and one for verbosity, which the macros look at; rules by
//!   target.
//! - [`cached`]: what a descriptor remembers of the rules.
//! - [`compiled`]: the bounds by feature.

mod cached;
mod compiled;
mod global;

pub(crate) use cached::CachedFilter;
pub use compiled::{STATIC_MAX_LEVEL, STATIC_MAX_VERBOSITY};
pub(crate) use global::{LEVELS, VERBOSITIES, is_everything_verbose, turn_off};
pub use global::{
    is_level_enabled, max_level, max_verbosity, override_levels, override_verbosities,
    set_max_level, set_max_verbosity, set_target_level, set_target_verbosity,
};
