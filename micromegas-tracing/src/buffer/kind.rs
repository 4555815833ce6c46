//! What a buffer holds.

/// What the events of a buffer are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Begins and ends of spans, of threads and of futures.
    Spans = 0,
    /// Samples of metrics.
    Metrics = 1,
    /// Log entries.
    Logs = 2,
}

impl Kind {
    pub(crate) const COUNT: usize = 3;
    pub(crate) const ALL: [Self; Self::COUNT] = [Self::Spans, Self::Metrics, Self::Logs];
}
