//! One place to start everything.

use crate::composite::CompositeSink;
use crate::console::ConsoleSink;
use crate::control::{Controlled, ProcessSettings};
use crate::http::{
    ClientCredentials, DeliveryStats, EventCounts, HttpOptions, HttpSink, HttpSinkError,
};
use crate::sampling::{BlockSampler, SamplingSink, SamplingSwitch};
use crate::spool::SpoolOptions;
use micromegas_tracing::{Config, EventSink, Guard, InitError, LevelFilter, init};
use std::fmt;
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

    /// Starts recording and delivery.
    ///
    /// # Errors
    /// If the URL or an option cannot be used, a thread cannot be started, or recording was
    /// started before in this process.
    pub fn build(self) -> Result<TelemetryGuard, BuildError> {
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
        let guard = init(self.config, Arc::new(CompositeSink::new(sinks)))?;
        Ok(TelemetryGuard { guard, http, sampling })
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
            .finish_non_exhaustive()
    }
}

/// Keeps telemetry alive. Dropping it delivers what was recorded, within the configured time, and
/// ends recording for the rest of the process's life.
#[derive(Debug)]
#[must_use = "telemetry ends when the guard is dropped"]
pub struct TelemetryGuard {
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
