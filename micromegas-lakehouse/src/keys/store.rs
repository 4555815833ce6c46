//! Where keys are kept.

use std::fmt::Debug;

use async_trait::async_trait;
use uuid::Uuid;

use crate::error::Result;
use crate::keys::{ApiKeyRecord, KeyFilter, KeyHash, NewApiKey};
use crate::tenant::Tenant;

/// A store of API keys.
///
/// # What an implementation guarantees
///
/// Of a key it keeps the hash and what stands in [`ApiKeyRecord`], never the text. Records are not
/// deleted: a revoked key stays in the list and its hash stays taken. What a method has answered
/// with `Ok` survives the death of this process, and every later look-up sees it.
///
/// A store that has an [audit log](crate::AuditLog) records each creation and revocation in it, in
/// the same transaction.
#[async_trait]
pub trait KeyStore: Debug + Send + Sync {
    /// Stores a key.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) if it does not
    /// [validate](NewApiKey::validate), [`Error::AlreadyExists`](crate::Error::AlreadyExists) if
    /// its id or its hash is taken.
    async fn insert_key(&self, key: NewApiKey) -> Result<ApiKeyRecord>;

    /// The key with this hash, whether valid or not.
    async fn fetch_key(&self, hash: &KeyHash) -> Result<Option<ApiKeyRecord>>;

    /// Keys in the order of their tenants and ids; at most `limit`.
    async fn list_keys(&self, filter: &KeyFilter, limit: usize) -> Result<Vec<ApiKeyRecord>>;

    /// Ends a key for good. The first revocation stays: repeating it changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](crate::Error::NotFound) if the tenant has no such key,
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) if `by` is empty or no printable text.
    async fn revoke_key(&self, tenant: &Tenant, id: Uuid, by: &str) -> Result<ApiKeyRecord>;
}
