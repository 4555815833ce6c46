//! The variables, as published clients know them; the last ones are ours.

pub(super) const URL: &str = "MICROMEGAS_TELEMETRY_URL";
pub(super) const API_KEY: &str = "MICROMEGAS_INGESTION_API_KEY";
pub(super) const TOKEN_ENDPOINT: &str = "MICROMEGAS_OIDC_TOKEN_ENDPOINT";
pub(super) const CLIENT_ID: &str = "MICROMEGAS_OIDC_CLIENT_ID";
pub(super) const CLIENT_SECRET: &str = "MICROMEGAS_OIDC_CLIENT_SECRET";
pub(super) const AUDIENCE: &str = "MICROMEGAS_OIDC_AUDIENCE";
pub(super) const TOKEN_BUFFER: &str = "MICROMEGAS_OIDC_TOKEN_BUFFER_SECONDS";
pub(super) const TRACE_QUEUE_BYTES: &str = "MICROMEGAS_TELEMETRY_MAX_QUEUE_BYTES";
pub(super) const QUEUE_BYTES: &str = "MICROMEGAS_TELEMETRY_HARD_QUEUE_BYTES";
pub(super) const IN_FLIGHT: &str = "MICROMEGAS_TELEMETRY_MAX_IN_FLIGHT_REQUESTS";
pub(super) const REQUEST_TIMEOUT: &str = "MICROMEGAS_TELEMETRY_REQUEST_TIMEOUT_SECS";
pub(super) const PROPERTIES: &str = "MICROMEGAS_PROCESS_PROPERTIES";
pub(super) const CPU_TRACING: &str = "MICROMEGAS_ENABLE_CPU_TRACING";
pub(super) const FLUSH_PERIOD: &str = "MICROMEGAS_FLUSH_PERIOD";
pub(super) const PARENT_PROCESS: &str = "MICROMEGAS_TELEMETRY_PARENT_PROCESS";
pub(super) const CONSOLE_LEVEL: &str = "MICROMEGAS_LOCAL_SINK_MAX_LEVEL";
pub(super) const SENT_LEVEL: &str = "MICROMEGAS_TELEMETRY_SINK_MAX_LEVEL";
pub(super) const SPOOL_FOLDER: &str = "MICROMEGAS_SPOOL_DIR";
pub(super) const SPOOL_BYTES: &str = "MICROMEGAS_SPOOL_MAX_BYTES";
