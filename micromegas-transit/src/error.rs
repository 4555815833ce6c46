//! What can go wrong while bytes from outside are read.

/// The error of every fallible function of this crate.
///
/// Nothing here is worth a retry: the same bytes fail again in the same way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are not well-formed CBOR, or a value has another type than the document demands.
    #[error("malformed {document} document at byte {offset}: {reason}")]
    MalformedDocument {
        /// Which document was read: `process`, `stream`, `block`, `payload`, `layout`.
        document: &'static str,
        /// Offset in the document's bytes.
        offset: usize,
        /// What was found, or what was expected.
        reason: String,
    },
    /// A key that the document must have is absent.
    #[error("{document} document has no key `{key}`")]
    MissingKey {
        /// Which document was read.
        document: &'static str,
        /// The absent key, as spelled on the wire.
        key: &'static str,
    },
    /// A key is there, but its value makes no sense.
    #[error("{document} document has an invalid `{key}`: {reason}")]
    InvalidValue {
        /// Which document was read.
        document: &'static str,
        /// The key, as spelled on the wire.
        key: &'static str,
        /// What is wrong with the value.
        reason: String,
    },
    /// A reflected type cannot be used to decode records.
    #[error("invalid layout of type `{type_name}`: {reason}")]
    InvalidLayout {
        /// The type's name.
        type_name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Compressed bytes are not one whole LZ4 frame.
    #[error("invalid lz4 frame at byte {offset}: {reason}")]
    InvalidFrame {
        /// Offset in the compressed bytes.
        offset: usize,
        /// What is wrong.
        reason: &'static str,
    },
    /// Bytes that begin like a planar buffer are not a whole one.
    #[error("invalid planar block at byte {offset}: {reason}")]
    InvalidPlanar {
        /// Offset in the planar bytes, as near as it is known.
        offset: usize,
        /// What is wrong.
        reason: &'static str,
    },
    /// The bytes use something that exists but is not read here.
    #[error("unsupported {what}")]
    Unsupported {
        /// The thing that is not supported.
        what: &'static str,
    },
    /// Decoding would need more than [`Limits`](crate::Limits) allows.
    #[error("{what} exceeds the limit of {limit}")]
    LimitExceeded {
        /// Which limit.
        what: &'static str,
        /// Its value.
        limit: u64,
    },
    /// The input ends before what it announces.
    #[error("input ends at byte {offset}, {missing} bytes short")]
    Truncated {
        /// Where the missing bytes were expected.
        offset: usize,
        /// How many bytes are missing at least.
        missing: usize,
    },
}

/// A result with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;
