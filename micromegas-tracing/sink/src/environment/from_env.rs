//! What the variables come to.

use crate::builder::TelemetryBuilder;
use crate::environment::names;
use crate::environment::values::{EnvironmentError, Values};
use crate::http::{ClientCredentials, HttpOptions};
use crate::sampling::BlockSampler;
use crate::spool::SpoolOptions;
use micromegas_tracing::{Config, EventBlock, LevelFilter, process_id};
use micromegas_transit::StreamInfo;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

/// Properties whose names begin like this are the server's.
const RESERVED_PREFIX: &str = "micromegas.";

impl TelemetryBuilder {
    /// A builder with the defaults and environment variables of published clients, for binaries;
    /// what is called on it afterwards counts more.
    ///
    /// | variable | meaning | default |
    /// |---|---|---|
    /// | `MICROMEGAS_TELEMETRY_URL` | base URL of the server | nothing is sent |
    /// | `MICROMEGAS_INGESTION_API_KEY` | key that is sent as a bearer token | |
    /// | `MICROMEGAS_OIDC_TOKEN_ENDPOINT`, `…_CLIENT_ID`, `…_CLIENT_SECRET`, `…_AUDIENCE`, `…_TOKEN_BUFFER_SECONDS` | OIDC client credentials | the last: 180 |
    /// | `MICROMEGAS_TELEMETRY_MAX_QUEUE_BYTES`, `…_HARD_QUEUE_BYTES` | how much may wait in memory: traces, everything | 128 and 256 MiB |
    /// | `MICROMEGAS_TELEMETRY_MAX_IN_FLIGHT_REQUESTS` | checked, and without effect: one request is under way at a time | |
    /// | `MICROMEGAS_TELEMETRY_REQUEST_TIMEOUT_SECS` | how long a request may take | 10 |
    /// | `MICROMEGAS_PROCESS_PROPERTIES` | `name=value,name=value` | |
    /// | `MICROMEGAS_ENABLE_CPU_TRACING` | `true` sends the spans of threads | they are not sent |
    /// | `MICROMEGAS_FLUSH_PERIOD` | seconds that events wait | 1 for logs and metrics, 5 for spans; 60 if the server is none of ours |
    /// | `MICROMEGAS_TELEMETRY_PARENT_PROCESS` | id of the process that started this one; see [`inherit_process`] | |
    /// | `MICROMEGAS_LOCAL_SINK_MAX_LEVEL` | level of the console | info |
    /// | `MICROMEGAS_TELEMETRY_SINK_MAX_LEVEL` | level of what is recorded, at least that of the console | debug |
    /// | `MICROMEGAS_SPOOL_DIR` | folder of the spool; `off` for none | `micromegas/spool` where the user's programs keep their state, if that can be used |
    /// | `MICROMEGAS_SPOOL_MAX_BYTES` | its quota | 1 GiB |
    ///
    /// By itself it records what was [lost](Self::with_loss_metrics) and, with the feature
    /// `system-metrics`, load and memory and what the machine is.
    ///
    /// # Errors
    /// If a variable has a value that cannot be used; the error names it.
    pub fn from_env() -> Result<Self, EnvironmentError> {
        from_lookup(&variable)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment, for binaries that ask for it by name"
)]
fn variable(name: &'static str) -> Option<String> {
    std::env::var(name).ok()
}

/// Lets a child process know which one started it, as [`from_env`](TelemetryBuilder::from_env)
/// of the child reads it. Changes nothing before recording has started.
pub fn inherit_process(command: &mut Command) -> &mut Command {
    if let Some(id) = process_id() {
        command.env(names::PARENT_PROCESS, id.to_string());
    }
    command
}

fn from_lookup(
    lookup: &dyn Fn(&'static str) -> Option<String>,
) -> Result<TelemetryBuilder, EnvironmentError> {
    let values = Values { lookup };
    let console = values.parsed(names::CONSOLE_LEVEL)?.unwrap_or(LevelFilter::Info);
    let mut builder = TelemetryBuilder::new()
        .with_config(config(&values, console)?)
        .with_http_options(http(&values)?)
        .with_console(console)
        .with_loss_metrics(true);
    #[cfg(feature = "system-metrics")]
    {
        builder = builder.with_system_metrics(true).with_system_properties(true);
    }
    if let Some(url) = values.text(names::URL) {
        builder = builder.with_url(url);
    }
    if values.text(names::CPU_TRACING).as_deref() != Some("true") {
        builder = builder.with_sampler(Arc::new(NoThreads));
    }
    Ok(builder)
}

/// Keeps no block of a thread.
struct NoThreads;

impl BlockSampler for NoThreads {
    fn keeps(&self, _: &StreamInfo, _: &EventBlock) -> bool {
        false
    }
}

fn config(values: &Values<'_>, console: LevelFilter) -> Result<Config, EnvironmentError> {
    let sent = values.parsed(names::SENT_LEVEL)?.unwrap_or(LevelFilter::Debug);
    let parent = values.text(names::PARENT_PROCESS).and_then(|text| text.parse().ok());
    let mut config =
        Config::default().with_max_level(sent.max(console)).with_parent_process_id(parent);
    if let Some(period) = seconds(values, names::FLUSH_PERIOD)? {
        config = config.with_flush_period(period);
    }
    for (name, value) in properties(values)? {
        config = config.with_process_property(name, value);
    }
    Ok(config)
}

fn properties(values: &Values<'_>) -> Result<Vec<(String, String)>, EnvironmentError> {
    let name = names::PROPERTIES;
    let text = values.text(name).unwrap_or_default();
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let parse = |entry: &str| {
        let failed = |reason: &str| EnvironmentError { name, reason: reason.to_owned() };
        let (key, value) =
            entry.split_once('=').ok_or_else(|| failed("expected name=value,name=value"))?;
        let key = key.trim();
        if key.is_empty() {
            return Err(failed("a property has no name"));
        }
        if key.to_ascii_lowercase().starts_with(RESERVED_PREFIX) {
            return Err(failed("names that begin with 'micromegas.' are reserved"));
        }
        Ok((key.to_owned(), value.trim().to_owned()))
    };
    entries.map(parse).collect()
}

fn http(values: &Values<'_>) -> Result<HttpOptions, EnvironmentError> {
    const MIB: usize = 1024 * 1024;
    // What it says has no effect, but a mistake in it should not go unnoticed.
    let _: Option<usize> = values.parsed(names::IN_FLIGHT)?;
    let defaults = HttpOptions::default();
    Ok(HttpOptions {
        api_key: values.text(names::API_KEY),
        client_credentials: credentials(values)?,
        queue_bytes_max: values.parsed(names::QUEUE_BYTES)?.unwrap_or(256 * MIB),
        queue_trace_bytes_max: values.parsed(names::TRACE_QUEUE_BYTES)?.unwrap_or(128 * MIB),
        request_timeout: seconds(values, names::REQUEST_TIMEOUT)?
            .unwrap_or(defaults.request_timeout),
        spool: spool(values)?,
        ..defaults
    })
}

fn credentials(values: &Values<'_>) -> Result<Option<ClientCredentials>, EnvironmentError> {
    let names = [names::TOKEN_ENDPOINT, names::CLIENT_ID, names::CLIENT_SECRET];
    let texts = names.map(|name| values.text(name));
    let absent = names.into_iter().zip(&texts).find(|(_, text)| text.is_none());
    let [Some(token_endpoint), Some(client_id), Some(client_secret)] = &texts else {
        return match absent {
            Some((name, _)) if texts.iter().any(Option::is_some) => {
                let reason = "it is absent, and others of the token flow are not".to_owned();
                Err(EnvironmentError { name, reason })
            }
            _ => Ok(None),
        };
    };
    let credentials = ClientCredentials::new(token_endpoint, client_id, client_secret);
    Ok(Some(ClientCredentials {
        audience: values.text(names::AUDIENCE),
        refresh_before: seconds(values, names::TOKEN_BUFFER)?.unwrap_or(credentials.refresh_before),
        ..credentials
    }))
}

fn spool(values: &Values<'_>) -> Result<Option<SpoolOptions>, EnvironmentError> {
    let bytes_max = values.parsed(names::SPOOL_BYTES)?;
    let (folder, is_optional) = match values.text(names::SPOOL_FOLDER) {
        Some(text) if text.eq_ignore_ascii_case("off") => return Ok(None),
        Some(folder) => (PathBuf::from(folder), false),
        None => match state_folder(values) {
            Some(folder) => (folder.join("micromegas").join("spool"), true),
            None => return Ok(None),
        },
    };
    let spool = SpoolOptions { is_optional, ..SpoolOptions::new(folder) };
    Ok(Some(SpoolOptions { bytes_max: bytes_max.unwrap_or(spool.bytes_max), ..spool }))
}

/// Where programs of the user keep what should survive them.
fn state_folder(values: &Values<'_>) -> Option<PathBuf> {
    let absolute = |name| values.text(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        return absolute("LOCALAPPDATA");
    }
    let home = || absolute("HOME");
    if cfg!(target_os = "macos") {
        return home().map(|home| home.join("Library").join("Application Support"));
    }
    absolute("XDG_STATE_HOME").or_else(|| home().map(|home| home.join(".local").join("state")))
}

fn seconds(values: &Values<'_>, name: &'static str) -> Result<Option<Duration>, EnvironmentError> {
    let Some(seconds) = values.parsed::<f64>(name)? else { return Ok(None) };
    let duration = Duration::try_from_secs_f64(seconds);
    duration.map(Some).map_err(|error| EnvironmentError { name, reason: error.to_string() })
}

#[cfg(test)]
#[path = "from_env_tests.rs"]
mod tests;
