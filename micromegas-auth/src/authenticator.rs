//! Who a request is made by.

use std::sync::Arc;

use http::HeaderMap;
use micromegas_lakehouse::{AuditLog, Principal, Tenant};

use crate::audit::RefusalAudit;
use crate::credential::bearer;
use crate::keys::ApiKeys;
use crate::keys::principal as key_principal;
use crate::oidc::{Oidc, claimed_issuer, is_token};
use crate::refusal::{Reason, Refusal};

/// Knows the keys and the issuers of tokens, and tells who a request is made by. Clones share
/// everything.
///
/// One without keys and issuers refuses everyone.
#[derive(Debug, Clone)]
pub struct Authenticator {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    keys: Vec<ApiKeys>,
    issuers: Vec<Oidc>,
    audit: Option<RefusalAudit>,
}

/// Puts an [`Authenticator`] together.
#[derive(Debug, Default)]
pub struct AuthenticatorBuilder {
    keys: Vec<ApiKeys>,
    issuers: Vec<Oidc>,
    audit: Option<RefusalAudit>,
}

impl AuthenticatorBuilder {
    /// Accepts the keys of a store. Several stores are asked in the order in which they were
    /// added.
    #[must_use]
    pub fn with_keys(mut self, keys: ApiKeys) -> Self {
        self.keys.push(keys);
        self
    }

    /// Accepts the tokens of an issuer.
    #[must_use]
    pub fn with_issuer(mut self, issuer: Oidc) -> Self {
        self.issuers.push(issuer);
        self
    }

    /// Records refused credentials in this log.
    ///
    /// What is refused often within ten seconds is one record with a count, and there are at most
    /// a few dozen records in that time, so that whoever tries keys does not fill the log.
    #[must_use]
    pub fn with_audit(mut self, log: Arc<dyn AuditLog>) -> Self {
        self.audit = Some(RefusalAudit::new(log));
        self
    }

    /// The authenticator.
    pub fn build(self) -> Authenticator {
        let Self { keys, issuers, audit } = self;
        Authenticator { inner: Arc::new(Inner { keys, issuers, audit }) }
    }
}

impl Authenticator {
    /// Starts to put one together.
    pub fn builder() -> AuthenticatorBuilder {
        AuthenticatorBuilder::default()
    }

    /// Tells who a request with these headers is made by.
    ///
    /// # Errors
    ///
    /// The [`Refusal`] says what the sender can do.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing behind but what was looked up for others, too.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Principal, Refusal> {
        let credential = bearer(headers)?;
        // A key never looks like a token, and the other way round.
        if is_token(credential) && !self.inner.issuers.is_empty() {
            self.authenticate_token(credential, headers).await
        } else {
            self.authenticate_key(credential).await
        }
    }

    async fn authenticate_key(&self, credential: &str) -> Result<Principal, Refusal> {
        for keys in &self.inner.keys {
            let Some(key) = keys.find(credential).await? else { continue };
            return key_principal(&key).map_err(|reason| {
                self.refused(&key.tenant, &format!("key:{}", key.name), &key.id.to_string(), reason)
            });
        }
        // Nothing of the credential is recorded: it may be a secret of some other service.
        Err(self.refused(&Tenant::default(), "", "key", Reason::UnknownKey))
    }

    async fn authenticate_token(
        &self,
        token: &str,
        headers: &HeaderMap,
    ) -> Result<Principal, Refusal> {
        let refused = |issuer: &str, reason| {
            self.refused(&Tenant::default(), "", &format!("token of {issuer}"), reason)
        };
        let claimed = claimed_issuer(token);
        let claimed = claimed.ok_or_else(|| refused("nobody", Reason::MalformedToken))?;
        let issuer = self.inner.issuers.iter().find(|issuer| issuer.name() == claimed);
        let issuer = issuer.ok_or_else(|| refused("somebody", Reason::UnknownIssuer))?;
        let verified = issuer.verify(token).await.map_err(|refusal| match refusal {
            Refusal::Invalid { reason } => refused(issuer.name(), reason),
            other => other,
        })?;
        verified.identity.check(headers)?;
        verified.principal
    }

    /// Remembers that credentials were refused.
    fn refused(&self, tenant: &Tenant, actor: &str, target: &str, reason: Reason) -> Refusal {
        if let Some(audit) = &self.inner.audit {
            audit.note(tenant, actor, target, reason);
        }
        Refusal::Invalid { reason }
    }
}
