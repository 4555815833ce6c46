//! The one error type of this crate.

use std::path::PathBuf;
use std::sync::Arc;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The cause of an error, shared so that one failed group commit can answer everyone in it.
pub type Cause = Arc<dyn std::error::Error + Send + Sync + 'static>;

/// What went wrong, by what the caller can do about it.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What was asked for is not there.
    #[error("{what} does not exist")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// What was sent belongs to something that was forgotten, so it is never taken.
    #[error("{what} was forgotten, and nothing of it is taken any more")]
    Forgotten {
        /// What was forgotten.
        what: String,
    },
    /// The identity is taken by something else.
    #[error("{what} already exists")]
    AlreadyExists {
        /// What was to be made.
        what: String,
    },
    /// The state has moved on since the caller looked: look again and decide anew.
    #[error("{message}")]
    Conflict {
        /// Which condition did not hold.
        message: String,
    },
    /// The values given can never be accepted.
    #[error("{message}")]
    InvalidInput {
        /// What is wrong with them.
        message: String,
    },
    /// A store cannot answer now, or a limit is reached; the same call may succeed later.
    #[error("{message}")]
    Unavailable {
        /// What cannot answer.
        message: String,
        /// Why, as the store said it.
        #[source]
        source: Option<Cause>,
    },
    /// Stored bytes are not what was written.
    #[error("{what} is corrupt: {message}")]
    Corrupt {
        /// Which object, row or file.
        what: String,
        /// What is wrong with it.
        message: String,
        /// The reader's own error.
        #[source]
        source: Option<Cause>,
    },
    /// The data is of a kind or version that this build does not know.
    #[error("{message}")]
    Unsupported {
        /// What is not known, and what would know it.
        message: String,
    },
    /// Another server holds the data directory.
    #[error(
        "{path} is in use by another server: stop that server or choose another data directory"
    )]
    InUse {
        /// The data directory.
        path: PathBuf,
    },
    /// The data directory or a file in it cannot be made or written.
    #[error("cannot write to {path}: choose a data directory that this user may write to")]
    Unwritable {
        /// The directory or file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: Cause,
    },
}

impl Error {
    /// Whether the same call may succeed later without any change by the caller.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    pub(crate) fn not_found(what: impl Into<String>) -> Self {
        Self::NotFound { what: what.into() }
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::Conflict { message: message.into() }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::InvalidInput { message: message.into() }
    }

    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::Unavailable { message: message.into(), source: None }
    }

    pub(crate) fn unavailable_from(
        message: impl Into<String>,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self::Unavailable { message: message.into(), source: Some(Arc::new(source)) }
    }

    pub(crate) fn corrupt(what: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into(), message: message.into(), source: None }
    }

    pub(crate) fn corrupt_from(
        what: impl Into<String>,
        message: impl Into<String>,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self::Corrupt { what: what.into(), message: message.into(), source: Some(Arc::new(source)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unavailable_is_retryable() {
        assert!(Error::unavailable("the database does not answer").is_retryable());
        assert!(!Error::conflict("the lease is lost").is_retryable());
        assert!(!Error::invalid("the tenant name is empty").is_retryable());
    }

    #[test]
    fn a_cause_is_kept_through_a_clone() {
        let error = Error::unavailable_from("no answer", std::io::Error::other("disk is full"));
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        assert_eq!(cause.as_deref(), Some("disk is full"));
        assert_eq!(error.clone().to_string(), "no answer");
    }
}
