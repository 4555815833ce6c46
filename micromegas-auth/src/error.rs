//! What can be wrong when authentication is set up.

/// A result of setting up.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can be wrong when authentication is set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration can never work.
    #[error("{message}")]
    InvalidInput {
        /// What is wrong with it.
        message: String,
    },
    /// Something does not answer now; the same may work later.
    #[error("{message}")]
    Unavailable {
        /// What does not answer.
        message: String,
        /// Why, as far as is known.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

impl Error {
    /// Whether the same may succeed later without any change by the caller.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::InvalidInput { message: message.into() }
    }

    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::Unavailable { message: message.into(), source: None }
    }
}
