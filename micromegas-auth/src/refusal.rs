//! Why a request is refused.

use std::time::Duration;

/// Why a request is refused. What is said to the sender tells nothing that helps to guess.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// There are no credentials.
    #[error("credentials are missing; send `Authorization: Bearer` with a key or token")]
    Missing,
    /// There are credentials, and they are not valid.
    #[error("{}", .reason.to_sender())]
    Invalid {
        /// Why, for the audit log.
        reason: Reason,
    },
    /// The credentials are valid, and do not allow this.
    #[error("{message}")]
    Forbidden {
        /// One sentence for the sender.
        message: &'static str,
    },
    /// Whether the credentials are valid cannot be found out now.
    #[error("credentials cannot be checked now; send the same request again later")]
    Unavailable {
        /// When to try again.
        retry_after: Duration,
    },
}

/// Why credentials are not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// They are no bearer credential, or two of them.
    Malformed,
    /// There is no such key.
    UnknownKey,
    /// The key was revoked.
    RevokedKey,
    /// The key has expired.
    ExpiredKey,
    /// The token is not of this form, or lacks a claim.
    MalformedToken,
    /// The token names an issuer that is not known here, or none.
    UnknownIssuer,
    /// The issuer has no key by the token's name for it.
    UnknownSigningKey,
    /// The algorithm is not one for the key that the token names.
    WrongAlgorithm,
    /// The signature is not that of the key that the token names.
    WrongSignature,
    /// The token is for somebody else.
    WrongAudience,
    /// The token has expired.
    ExpiredToken,
    /// The token is not valid yet.
    EarlyToken,
}

impl Reason {
    /// The word for it in the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownKey => "unknown key",
            Self::RevokedKey => "revoked key",
            Self::ExpiredKey => "expired key",
            Self::MalformedToken => "malformed token",
            Self::UnknownIssuer => "unknown issuer",
            Self::UnknownSigningKey => "unknown signing key",
            Self::WrongAlgorithm => "wrong algorithm",
            Self::WrongSignature => "wrong signature",
            Self::WrongAudience => "wrong audience",
            Self::ExpiredToken => "expired token",
            Self::EarlyToken => "token not valid yet",
        }
    }

    /// What the sender hears. Of a token, what is wrong is told only where its signature has
    /// proved that it is one of the issuer's.
    fn to_sender(self) -> &'static str {
        match self {
            Self::Malformed => "send one `Authorization: Bearer` header with a key or token",
            Self::UnknownKey | Self::RevokedKey | Self::ExpiredKey => "the key is not valid",
            Self::WrongAudience => "the token is for another service; get one for this audience",
            Self::ExpiredToken => "the token has expired; get a new one",
            Self::EarlyToken => "the token is not valid yet; check the clocks",
            _ => "the token is not valid",
        }
    }
}
