//! What a host decides about the spool.

use std::path::PathBuf;

/// Where events wait that a server does not take at present, and how many bytes they may take.
///
/// ```
/// use micromegas_telemetry_sink::SpoolOptions;
///
/// let options = SpoolOptions::new("/var/lib/app/telemetry");
/// assert_eq!(options.bytes_max, 1 << 30);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolOptions {
    /// The folder; each target gets one of its own in it, which only its owner can open.
    pub folder: PathBuf,
    /// How many bytes all files of one target may take, those of other processes included.
    pub bytes_max: u64,
    /// Go on without a spool if the folder cannot be used, rather than fail.
    pub is_optional: bool,
}

impl SpoolOptions {
    /// A spool in `folder` of at most 1 GiB for each target, which must be usable.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), bytes_max: 1 << 30, is_optional: false }
    }
}
