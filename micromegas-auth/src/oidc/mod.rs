//! Tokens of OpenID Connect issuers.

mod claims;
mod fetch;
mod grants;
mod key_set;
mod options;
mod provider;
mod refresh;

pub(crate) use claims::{claimed_issuer, is_token};
pub use grants::Grant;
pub use options::OidcOptions;
pub use provider::Oidc;
