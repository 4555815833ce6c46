//! Why a document was not taken.

use std::time::Duration;

use micromegas_tracing::prelude::*;

/// Why a document was not taken. The variants say what the sender can do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are not such a document; they will not be one the next time either.
    #[error("{reason}")]
    InvalidInput {
        /// One sentence for the sender.
        reason: String,
        /// What the decoder or the lake found, if it was one of them.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The document is longer than this service accepts.
    #[error("the body is longer than {bytes_max} bytes; send smaller blocks")]
    TooLarge {
        /// The limit.
        bytes_max: usize,
    },
    /// The body is in a format or a compression that this service does not read.
    #[error("{reason}")]
    UnsupportedMedia {
        /// One sentence for the sender.
        reason: String,
    },
    /// The service knows no principal for the request, and takes nothing from strangers.
    #[error("no credentials were accepted; send `Authorization: Bearer` with a valid key")]
    Unauthenticated,
    /// The principal may not write this.
    #[error("{reason}")]
    Forbidden {
        /// One sentence for the sender.
        reason: String,
    },
    /// What was asked for is not there.
    #[error("{what} does not exist")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// Too much is going on at this moment. The same bytes are welcome later.
    #[error("the server is busy; send the same bytes again later")]
    Overloaded {
        /// When to try again.
        retry_after: Duration,
    },
    /// A store did not do its part. The same bytes are welcome later.
    #[error("{what}")]
    Unavailable {
        /// Which part of the service is down, in words for the sender.
        what: String,
        /// When to try again.
        retry_after: Duration,
        /// What the store said; for the server's log, not for the sender.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

impl Error {
    /// Whether sending the same bytes again, later, can succeed.
    pub fn is_retryable(&self) -> bool {
        self.retry_after().is_some()
    }

    /// When to send the same bytes again, if that can succeed at all.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Overloaded { retry_after } | Self::Unavailable { retry_after, .. } => {
                Some(*retry_after)
            }
            _ => None,
        }
    }

    /// Writes it into the server's log, with what the sender is not told.
    pub(crate) fn log(&self, what: &str) {
        match self {
            Self::Unavailable { source: Some(source), .. } => {
                warn!("{what} not taken: {self}: {source}");
            }
            _ => warn!("{what} not taken: {self}"),
        }
    }
}
