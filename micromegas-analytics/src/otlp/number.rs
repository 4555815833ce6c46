//! Times as they are on the wire.

/// The nanoseconds of a time, if it is not zero, which stands for none. What 64 bits with a sign
/// do not hold is the last time that they do.
pub(super) fn time(unix_nano: u64) -> Option<i64> {
    (unix_nano != 0).then(|| i64::try_from(unix_nano).unwrap_or(i64::MAX))
}
