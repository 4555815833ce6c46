//! One place to start everything.

use crate::composite::CompositeSink;
use crate::console::ConsoleSink;
use crate::control::{Controlled, ProcessSettings};
use crate::http::{
    ClientCredentials, DeliveryStats, EventCounts, HttpOptions, HttpSink, HttpSinkError,
};
use crate::reports::{LossReport, Report, Reporter};
use crate::sampling::{BlockSampler, SamplingSink, SamplingSwitch};
use crate::spool::SpoolOptions;
use micromegas_tracing::{
    Config, CrashHandlerError, EventSink, Guard, InitError, LevelFilter, handle_crashes, init,
};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Starts recording, with delivery over HTTP, to the console, or to sinks of the host.
///
/// ```no_run
/// use micromegas_telemetry_sink::TelemetryBuilder;
/// use micromegas_tracing::LevelFilter;
///
/// # fn main() -> Result<(), micromegas_telemetry_sink::BuildError> {
/// let telemetry = TelemetryBuilder::new()
///     .with_url("https://telemetry.example.com")
///     .with_api_key("secret")
///     .with_console(LevelFilter::Warn)
///     .build()?;
/// # drop(telemetry);
/// # Ok(())
/// # }
/// ```
pub struct TelemetryBuilder {
    config: Config,
    url: Option<String>,
    http: HttpOptions,
    is_controlled: bool,
    sampler: Option<Arc<dyn BlockSampler>>,
    console: LevelFilter,
    sinks: Vec<Arc<dyn EventSink>>,
    has_loss_metrics: bool,
    handles_crashes: bool,
    #[cfg(feature = "system-metrics")]
    has_system_metrics: bool,
    #[cfg(feature = "system-metrics")]
    has_system_properties: bool,
}

/// Why telemetry could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The HTTP sink could not be made.
    #[error(transparent)]
    Http(#[from] HttpSinkError),
    /// Recording could not be started.
    #[error(transparent)]
    Init(#[from] InitError),
    /// The handler of fatal signals could not be installed.
    #[error(transparent)]
    CrashHandler(CrashHandlerError),
    /// The thread that reports metrics could not be started.
    #[error("cannot start the thread that reports metrics")]
    ReportsUnavailable(#[source] io::Error),
}

impl Default for TelemetryBuilder {
    fn default() -> Self {
        Self {
            config: Config::default(),
            url: None,
            http: HttpOptions::default(),
            is_controlled: true,
            sampler: None,
            console: LevelFilter::Off,
            sinks: Vec::new(),
            has_loss_metrics: false,
            handles_crashes: false,
            #[cfg(feature = "system-metrics")]
            has_system_metrics: false,
            #[cfg(feature = "system-metrics")]
            has_system_properties: false,
        }
    }
}

impl TelemetryBuilder {
    /// A builder that records and delivers nowhere.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how recording works.
    pub fn with_config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Adds a property to the description of the process.
    pub fn with_process_property(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.config = self.config.with_process_property(name, value);
        self
    }

    /// Sends everything to the server at this base URL.
    pub fn with_url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Sends this key with each request, as `Authorization: Bearer`.
    pub fn with_api_key(mut self, key: impl Into<String>) -> Self {
        self.http.api_key = Some(key.into());
        self
    }

    /// Gets tokens for the requests from an OIDC provider, unless there is a key.
    pub fn with_client_credentials(mut self, credentials: ClientCredentials) -> Self {
        self.http.client_credentials = Some(credentials);
        self
    }

    /// Lets events wait on disk while they cannot be sent.
    pub fn with_spool(mut self, spool: SpoolOptions) -> Self {
        self.http.spool = Some(spool);
        self
    }

    /// Sets limits and times of the HTTP delivery. Key, credentials and spool given before stay
    /// unless the options have them.
    pub fn with_http_options(mut self, options: HttpOptions) -> Self {
        let before = self.http;
        self.http = HttpOptions {
            api_key: options.api_key.or(before.api_key),
            client_credentials: options.client_credentials.or(before.client_credentials),
            spool: options.spool.or(before.spool),
            ..options
        };
        self
    }

    /// Sends only those blocks of threads that this rule keeps.
    pub fn with_sampler(mut self, sampler: Arc<dyn BlockSampler>) -> Self {
        self.sampler = Some(sampler);
        self
    }

    /// Whether the server may change levels and sampling for a while; it may unless this says no.
    pub fn with_control(mut self, is_controlled: bool) -> Self {
        self.is_controlled = is_controlled;
        self
    }

    /// Shows log entries up to this level on the standard error output.
    pub fn with_console(mut self, level: LevelFilter) -> Self {
        self.console = level;
        self
    }

    /// Gives everything to one more sink.
    pub fn with_sink(mut self, sink: Arc<dyn EventSink>) -> Self {
        self.sinks.push(sink);
        self
    }

    /// Whether losses are recorded themselves, every five seconds if there are any: how many events
    /// did not reach the server, as the metrics `telemetry_dropped_metadata`, `…_logs`, `…_metrics`
    /// and `…_traces` (unit `count`), and in a warning once a minute. Only with a URL.
    pub fn with_loss_metrics(mut self, is_on: bool) -> Self {
        self.has_loss_metrics = is_on;
        self
    }

    /// Whether a fatal signal lets everything leave first, as [`handle_crashes`] says. With a
    /// [spool](Self::with_spool) what cannot be sent by then waits for the next start. Nothing
    /// changes on a system where that is not supported.
    pub fn with_crash_handler(mut self, is_on: bool) -> Self {
        self.handles_crashes = is_on;
        self
    }

    /// Whether load and memory are recorded: five times a second `total_memory`, `used_memory`,
    /// `free_memory` (`bytes`) and `cpu_usage` (`percent`, of all processors) of the machine; every
    /// five seconds `process_resident_bytes` and `process_virtual_bytes` (`bytes`).
    #[cfg(feature = "system-metrics")]
    pub fn with_system_metrics(mut self, is_on: bool) -> Self {
        self.has_system_metrics = is_on;
        self
    }

    /// Whether the description of the process gets the properties `physical_core_count`,
    /// `logical_cpu_count` and `total_memory` (in bytes), unless the host sets them.
    #[cfg(feature = "system-metrics")]
    pub fn with_system_properties(mut self, is_on: bool) -> Self {
        self.has_system_properties = is_on;
        self
    }

    /// Starts recording and delivery.
    ///
    /// # Errors
    /// If the URL or an option cannot be used, a thread cannot be started, or recording was
    /// started before in this process.
    pub fn build(mut self) -> Result<TelemetryGuard, BuildError> {
        self.describe_machine();
        let mut reports = self.machine_reports();
        let mut sinks = self.sinks;
        if self.console != LevelFilter::Off {
            sinks.push(Arc::new(ConsoleSink::new(self.console)));
        }
        let switch = Arc::new(SamplingSwitch::default());
        let controlled: Option<Arc<dyn Controlled>> = self
            .is_controlled
            .then(|| Arc::new(ProcessSettings::new().with_sampling(Arc::clone(&switch))) as Arc<_>);
        let http = match (self.url, controlled) {
            (Some(url), Some(it)) => Some(HttpSink::with_control(&url, &self.http, it)?),
            (Some(url), None) => Some(HttpSink::new(&url, &self.http)?),
            (None, _) => None,
        };
        let http = http.map(Arc::new);
        let sampling = http.clone().map(|http| {
            Arc::new(SamplingSink::new(http, self.sampler).with_switch(Arc::clone(&switch)))
        });
        sinks.extend(sampling.clone().map(|sampling| sampling as Arc<dyn EventSink>));
        if let Some(http) = http.as_ref().filter(|_| self.has_loss_metrics) {
            reports.push(Box::new(LossReport::new(Arc::clone(http))));
        }
        let guard = init(self.config, Arc::new(CompositeSink::new(sinks)))?;
        if self.handles_crashes {
            match handle_crashes() {
                Ok(()) | Err(CrashHandlerError::Unsupported) => {}
                Err(error) => return Err(BuildError::CrashHandler(error)),
            }
        }
        let reporter = if reports.is_empty() {
            None
        } else {
            Some(Reporter::start(reports).map_err(BuildError::ReportsUnavailable)?)
        };
        Ok(TelemetryGuard { _reporter: reporter, guard, http, sampling })
    }

    #[cfg(feature = "system-metrics")]
    fn describe_machine(&mut self) {
        if !self.has_system_properties {
            return;
        }
        let config = std::mem::take(&mut self.config);
        self.config = crate::reports::machine_properties()
            .into_iter()
            .fold(config, |config, (name, value)| {
                config.with_process_property_default(name, value)
            });
    }

    #[cfg(not(feature = "system-metrics"))]
    fn describe_machine(&mut self) {}

    #[cfg(feature = "system-metrics")]
    fn machine_reports(&self) -> Vec<Box<dyn Report>> {
        use crate::reports::{MachineReport, ProcessReport};
        if !self.has_system_metrics {
            return Vec::new();
        }
        vec![Box::new(MachineReport::new()), Box::new(ProcessReport::new())]
    }

    #[cfg(not(feature = "system-metrics"))]
    fn machine_reports(&self) -> Vec<Box<dyn Report>> {
        Vec::new()
    }
}

impl fmt::Debug for TelemetryBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelemetryBuilder")
            .field("config", &self.config)
            .field("url", &self.url)
            .field("http", &self.http)
            .field("has_sampler", &self.sampler.is_some())
            .field("console", &self.console)
            .field("sinks", &self.sinks.len())
            .field("has_loss_metrics", &self.has_loss_metrics)
            .finish_non_exhaustive()
    }
}

/// Keeps telemetry alive. Dropping it delivers what was recorded, within the configured time, and
/// ends recording for the rest of the process's life.
#[derive(Debug)]
#[must_use = "telemetry ends when the guard is dropped"]
pub struct TelemetryGuard {
    /// Dropped first: its last reports are recorded and delivered.
    _reporter: Option<Reporter>,
    guard: Guard,
    http: Option<Arc<HttpSink>>,
    sampling: Option<Arc<SamplingSink>>,
}

impl TelemetryGuard {
    /// Delivers everything that was recorded before this call; false if that did not happen within
    /// `timeout`.
    pub fn flush(&self, timeout: Duration) -> bool {
        self.guard.flush(timeout)
    }

    /// What became of the events that were to be sent over HTTP; none without a URL.
    pub fn delivery(&self) -> Option<DeliveryStats> {
        self.http.as_ref().map(|http| http.stats())
    }

    /// Events that were to be sent over HTTP but for the rule of
    /// [`with_sampler`](TelemetryBuilder::with_sampler).
    pub fn sampled_out(&self) -> EventCounts {
        self.sampling.as_ref().map(|sampling| sampling.sampled_out()).unwrap_or_default()
    }
}
