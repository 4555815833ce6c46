//! What became of the events that were given to the sink.

/// Numbers of events by what carries them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventCounts {
    /// Log entries.
    pub logs: u64,
    /// Samples of metrics.
    pub metrics: u64,
    /// Span events and all others.
    pub traces: u64,
}

impl EventCounts {
    /// All together.
    pub fn total(&self) -> u64 {
        self.logs + self.metrics + self.traces
    }
}

/// What became of the events that were given to an [`HttpSink`](crate::HttpSink) so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryStats {
    /// Events the server has acknowledged.
    pub delivered: EventCounts,
    /// Events that were lost: the queue was full, the server refused them for good, or the sink
    /// had to end before they were sent.
    pub dropped: EventCounts,
    /// Descriptions of the process and of streams that the server refused for good.
    pub refused_descriptions: u64,
    /// Attempts after a first one.
    pub retries: u64,
    /// Bytes of events that wait at present.
    pub waiting_bytes: usize,
    /// The latest failure, in words; it stays after a success.
    pub last_failure: Option<String>,
}
