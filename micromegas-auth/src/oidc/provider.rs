//! An issuer whose tokens are accepted.

use std::sync::Arc;

use jsonwebtoken::decode_header;
use micromegas_lakehouse::Principal;

use super::claims::{self, Claims};
use super::grants;
use super::options::OidcOptions;
use super::refresh::FreshKeys;
use crate::error::Result;
use crate::identity::TokenIdentity;
use crate::refusal::{Reason, Refusal};

/// An issuer of tokens, with its keys as they were last fetched. Clones share the keys.
///
/// Keys are fetched with the first token, again after a while, and when a token names a key that
/// is not known. How often the issuer is asked is bounded whatever tokens come.
#[derive(Debug, Clone)]
pub struct Oidc {
    options: Arc<OidcOptions>,
    keys: Arc<FreshKeys>,
}

/// Who brings a token, and what it allows.
#[derive(Debug)]
pub(crate) struct Verified {
    pub(crate) identity: TokenIdentity,
    pub(crate) principal: std::result::Result<Principal, Refusal>,
}

impl Oidc {
    /// An issuer. It is asked for nothing yet, and may be down now.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) if the options make no sense or would
    /// fetch keys over a connection that is not encrypted.
    pub fn new(options: OidcOptions) -> Result<Self> {
        options.validate()?;
        let keys = Arc::new(FreshKeys::new(&options)?);
        Ok(Self { options: Arc::new(options), keys })
    }

    /// The issuer, as its tokens name it.
    pub fn name(&self) -> &str {
        &self.options.issuer
    }

    /// Verifies a token.
    pub(crate) async fn verify(&self, token: &str) -> Result<Verified, Refusal> {
        let claims = self.verify_claims(token).await?;
        // An issuer has no fragment, so the two cannot run into each other.
        let subject = format!("oidc:{}#{}", self.options.issuer, claims.identity.subject);
        let principal = grants::principal(&self.options.grants, subject, &claims.all);
        let principal = principal.ok_or(Refusal::Forbidden {
            message: "the token is valid, but nothing is granted to whom it names",
        });
        Ok(Verified { identity: claims.identity, principal })
    }

    async fn verify_claims(&self, token: &str) -> Result<Claims, Refusal> {
        let refused = |reason| Refusal::Invalid { reason };
        let header = decode_header(token).map_err(|_| refused(Reason::MalformedToken))?;
        // Nothing is understood here that could be critical.
        if header.crit.is_some() {
            return Err(refused(Reason::MalformedToken));
        }
        let retry_after = self.options.refresh_pause;
        let mut keys = self.keys.get().await.ok_or(Refusal::Unavailable { retry_after })?;
        if keys.find(&header).is_err_and(|reason| reason == Reason::UnknownSigningKey) {
            // The issuer may have a new key.
            keys = self.keys.get_newer(&keys).await.unwrap_or(keys);
        }
        let key = keys.find(&header).map_err(refused)?;
        claims::verify(token, &header, key, &self.options).map_err(refused)
    }
}
