//! Targets by name.

use crate::{routes, untrusted};

/// Runs one input through the target of this name.
///
/// # Panics
/// If what is asked of the reader does not hold, or there is no such target.
pub fn check(name: &str, data: &[u8]) {
    let mut targets = untrusted::TARGETS.iter().chain(&routes::TARGETS);
    let (_, target) = targets.find(|(target, _)| *target == name).expect("a known target");
    target(data);
}
