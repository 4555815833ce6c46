//! What a host decides about recording.

use crate::level::LevelFilter;
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

/// Settings of the dispatch, taken as values: nothing here reads the environment.
///
/// ```
/// use micromegas_tracing::{Config, LevelFilter};
/// use std::time::Duration;
///
/// let config = Config::default()
///     .with_max_level(LevelFilter::Debug)
///     .with_span_period(Duration::from_secs(2))
///     .with_process_property("version", "1.2.0");
/// assert_eq!(config.max_level(), LevelFilter::Debug);
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) max_level: LevelFilter,
    pub(crate) target_levels: BTreeMap<String, LevelFilter>,
    pub(crate) log_period: Duration,
    pub(crate) metric_period: Duration,
    pub(crate) span_period: Duration,
    /// The host has decided about the periods; the sink has no say.
    pub(crate) has_own_periods: bool,
    pub(crate) buffer_bytes_max: usize,
    pub(crate) shutdown_timeout: Duration,
    pub(crate) parent_process_id: Option<Uuid>,
    pub(crate) process_properties: BTreeMap<String, String>,
}

impl Default for Config {
    /// Entries up to Debug; logs and metrics leave within a second, spans within five, unless the
    /// sink asks for [longer periods](crate::EventSink::flush_period); 64 MiB of buffers; five
    /// seconds to shut down.
    fn default() -> Self {
        Self {
            max_level: LevelFilter::Debug,
            target_levels: BTreeMap::new(),
            log_period: Duration::from_secs(1),
            metric_period: Duration::from_secs(1),
            span_period: Duration::from_secs(5),
            has_own_periods: false,
            buffer_bytes_max: 64 * 1024 * 1024,
            shutdown_timeout: Duration::from_secs(5),
            parent_process_id: None,
            process_properties: BTreeMap::new(),
        }
    }
}

impl Config {
    /// The least severe level that is recorded once the dispatch runs.
    pub fn max_level(&self) -> LevelFilter {
        self.max_level
    }

    /// Sets the least severe level that is recorded.
    pub fn with_max_level(mut self, filter: LevelFilter) -> Self {
        self.max_level = filter;
        self
    }

    /// Gives a target, and all those in it, a level of its own, as
    /// [`set_target_level`](crate::set_target_level) does.
    pub fn with_target_level(mut self, target: impl Into<String>, filter: LevelFilter) -> Self {
        self.target_levels.insert(target.into(), filter);
        self
    }

    /// Sets how long a log entry may wait before it goes to the sink. Entries of level Error and
    /// Fatal do not wait.
    pub fn with_log_period(mut self, period: Duration) -> Self {
        self.log_period = period;
        self.has_own_periods = true;
        self
    }

    /// Sets how long a metric sample may wait before it goes to the sink.
    pub fn with_metric_period(mut self, period: Duration) -> Self {
        self.metric_period = period;
        self.has_own_periods = true;
        self
    }

    /// Sets how long a span event may wait before it goes to the sink.
    pub fn with_span_period(mut self, period: Duration) -> Self {
        self.span_period = period;
        self.has_own_periods = true;
        self
    }

    /// Sets one period for logs, metrics and spans.
    pub fn with_flush_period(self, period: Duration) -> Self {
        self.with_log_period(period).with_metric_period(period).with_span_period(period)
    }

    /// Bounds the memory of all buffers together. What does not fit is dropped and counted. What
    /// waits in the host's own streams, and as attachments, has the same bound once more.
    pub fn with_buffer_bytes_max(mut self, bytes: usize) -> Self {
        self.buffer_bytes_max = bytes;
        self
    }

    /// Bounds the time that dropping the [`Guard`](crate::Guard) may take.
    pub fn with_shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.shutdown_timeout = timeout;
        self
    }

    /// Names the process that started this one.
    pub fn with_parent_process_id(mut self, parent: Option<Uuid>) -> Self {
        self.parent_process_id = parent;
        self
    }

    /// Adds a property to the description of the process, unless it has one of this name.
    pub fn with_process_property_default(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.process_properties.entry(name.into()).or_insert_with(|| value.into());
        self
    }

    /// Adds a property to the description of the process.
    pub fn with_process_property(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.process_properties.insert(name.into(), value.into());
        self
    }
}
