//! The targets, by name.

use super::{dependencies, envelope, frame, metadata, objects, planar};

/// A target: takes any bytes, and panics if what is asked of the reader does not hold.
pub(crate) type Target = fn(&[u8]);

/// All targets by name.
pub(crate) const TARGETS: [(&str, Target); 6] = [
    ("dependencies", dependencies::check),
    ("envelope", envelope::check),
    ("frame", frame::check),
    ("metadata", metadata::check),
    ("objects", objects::check),
    ("planar", planar::check),
];
