//! What the host decides about OTLP.

use micromegas_lakehouse::Redaction;

/// What the host decides about OTLP.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OtlpOptions {
    /// The longest request, in bytes, compressed and decompressed; a longer one is answered with
    /// 413. 64 MiB by default. It is never more than half of
    /// [`in_flight_bytes_max`](crate::IngestionOptions::in_flight_bytes_max), and for JSON a sixth,
    /// because so much memory such a request takes until it is stored.
    pub request_bytes_max: usize,
    /// The longest description of a resource, in bytes; the records of a resource with a longer one
    /// are rejected. 1 MiB by default.
    pub resource_bytes_max: usize,
    /// Which attributes are dropped or hashed before anything is stored. None by default.
    pub redaction: Redaction,
}

impl Default for OtlpOptions {
    fn default() -> Self {
        Self {
            request_bytes_max: 64 * 1024 * 1024,
            resource_bytes_max: 1024 * 1024,
            redaction: Redaction::default(),
        }
    }
}

impl OtlpOptions {
    /// Sets [`request_bytes_max`](Self::request_bytes_max).
    #[must_use]
    pub fn with_request_bytes_max(mut self, bytes: usize) -> Self {
        self.request_bytes_max = bytes;
        self
    }

    /// Sets [`resource_bytes_max`](Self::resource_bytes_max).
    #[must_use]
    pub fn with_resource_bytes_max(mut self, bytes: usize) -> Self {
        self.resource_bytes_max = bytes;
        self
    }

    /// Sets [`redaction`](Self::redaction).
    #[must_use]
    pub fn with_redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = redaction;
        self
    }
}
