//! What can go wrong between SQL and the lake.

use std::sync::Arc;

use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use uuid::Uuid;

/// An error of this crate, named after what the caller can do about it.
///
/// It is cheap to clone: a block that is decoded once for many queries fails once for all of them.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The lake, its metadata or its objects cannot be reached now; trying again may help.
    #[error("the lakehouse is not available: {source}; try again")]
    Unavailable {
        /// What the lakehouse said.
        #[source]
        source: Arc<micromegas_lakehouse::Error>,
    },
    /// The lakehouse refused, for a reason that stays true when asked again.
    #[error("the lakehouse refused: {source}")]
    Lakehouse {
        /// What the lakehouse said.
        #[source]
        source: Arc<micromegas_lakehouse::Error>,
    },
    /// A stored block cannot be decoded. It belongs in quarantine.
    #[error("block {block} cannot be decoded: {reason}")]
    Corrupt {
        /// The block.
        block: Uuid,
        /// Why, in one sentence.
        reason: String,
    },
    /// The caller asked for something that does not exist or makes no sense.
    #[error("{message}")]
    InvalidInput {
        /// What is wrong and what would be right.
        message: String,
    },
    /// The caller may not do this.
    #[error("{message}")]
    Forbidden {
        /// What it takes.
        message: String,
    },
    /// Arrow, Parquet or DataFusion failed.
    #[error("{source}")]
    Engine {
        /// What the engine said.
        #[source]
        source: Arc<DataFusionError>,
    },
}

impl Error {
    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::InvalidInput { message: message.into() }
    }
}

impl From<micromegas_lakehouse::Error> for Error {
    fn from(source: micromegas_lakehouse::Error) -> Self {
        let retryable = source.is_retryable();
        let source = Arc::new(source);
        if retryable { Self::Unavailable { source } } else { Self::Lakehouse { source } }
    }
}

impl From<DataFusionError> for Error {
    fn from(source: DataFusionError) -> Self {
        Self::Engine { source: Arc::new(source) }
    }
}

impl From<ArrowError> for Error {
    fn from(source: ArrowError) -> Self {
        DataFusionError::from(source).into()
    }
}

impl From<parquet::errors::ParquetError> for Error {
    fn from(source: parquet::errors::ParquetError) -> Self {
        DataFusionError::from(source).into()
    }
}

impl From<Error> for DataFusionError {
    fn from(error: Error) -> Self {
        match error {
            Error::Engine { source } => DataFusionError::Shared(source),
            Error::InvalidInput { message } => DataFusionError::Plan(message),
            other => DataFusionError::External(Box::new(other)),
        }
    }
}
