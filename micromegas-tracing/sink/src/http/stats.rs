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

/// What became of the events that were given to an [`HttpSink`](crate::HttpSink) so far, and of
/// those that ended processes had left in its spool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryStats {
    /// Events the server has acknowledged.
    pub delivered: EventCounts,
    /// Events that were lost: the queue was full, the server refused them for good, or the sink
    /// had to end before they were sent or spooled.
    pub dropped: EventCounts,
    /// Those of the dropped ones, and of what was adopted, that the server refused for good. With a
    /// spool they are kept in its folder `rejected`, as far as there is room.
    pub rejected: EventCounts,
    /// Events on disk when the sink ended; the next start sends them.
    pub left_in_spool: EventCounts,
    /// Events of ended processes that the server has acknowledged.
    pub adopted_delivered: EventCounts,
    /// Events of ended processes that were lost.
    pub adopted_dropped: EventCounts,
    /// Descriptions of the process and of streams that the server refused for good.
    pub refused_descriptions: u64,
    /// Attempts after a first one.
    pub retries: u64,
    /// Bytes of memory that waiting events take at present.
    pub waiting_bytes: usize,
    /// Bytes that the files of the spool take at present, as far as this sink holds them.
    pub spool_bytes: u64,
    /// The latest failure, in words; it stays after a success.
    pub last_failure: Option<String>,
    /// The latest failure of the disk, in words.
    pub last_spool_failure: Option<String>,
}
