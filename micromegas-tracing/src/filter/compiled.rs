//! What the features of this crate let into the program at all.

use crate::level::LevelFilter;
use crate::verbosity::VerbosityFilter;

/// The least severe level that is compiled in. The features `max_level_off` to `max_level_trace`
/// set it, and `release_max_level_off` to `release_max_level_trace` for builds without debug
/// assertions; of several, the one that lets the least through counts.
pub const STATIC_MAX_LEVEL: LevelFilter = static_max_level();

/// The finest verbosity of metrics and spans that is compiled in; the features
/// `max_verbosity_off`, `max_verbosity_low` and `max_verbosity_medium` set it.
pub const STATIC_MAX_VERBOSITY: VerbosityFilter = if cfg!(feature = "max_verbosity_off") {
    VerbosityFilter::Off
} else if cfg!(feature = "max_verbosity_low") {
    VerbosityFilter::Low
} else if cfg!(feature = "max_verbosity_medium") {
    VerbosityFilter::Medium
} else {
    VerbosityFilter::High
};

const fn static_max_level() -> LevelFilter {
    let release = !cfg!(debug_assertions);
    if cfg!(feature = "max_level_off") || (release && cfg!(feature = "release_max_level_off")) {
        LevelFilter::Off
    } else if cfg!(feature = "max_level_fatal")
        || (release && cfg!(feature = "release_max_level_fatal"))
    {
        LevelFilter::Fatal
    } else if cfg!(feature = "max_level_error")
        || (release && cfg!(feature = "release_max_level_error"))
    {
        LevelFilter::Error
    } else if cfg!(feature = "max_level_warn")
        || (release && cfg!(feature = "release_max_level_warn"))
    {
        LevelFilter::Warn
    } else if cfg!(feature = "max_level_info")
        || (release && cfg!(feature = "release_max_level_info"))
    {
        LevelFilter::Info
    } else if cfg!(feature = "max_level_debug")
        || (release && cfg!(feature = "release_max_level_debug"))
    {
        LevelFilter::Debug
    } else {
        LevelFilter::Trace
    }
}
