//! `cargo xtask fuzz`: builds all fuzz targets with the address sanitizer, and runs them in turn.
//!
//! | folder of `fuzz/` | holds |
//! |---|---|
//! | `seeds` | the inputs that targets begin with: parts of the goldens, and what fuzzing has found worth keeping |
//! | `regressions` | inputs that failed once |
//! | `corpus` | what runs on this machine have gathered; not in git |
//! | `artifacts` | inputs that fail; not in git |

mod build;
mod keep;
mod report;
mod run;
mod target;

pub(crate) use run::{Options, run};
