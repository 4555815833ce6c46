//! API keys: what is kept of them, and where.

mod hash;
mod record;
mod store;

pub use hash::KeyHash;
pub(crate) use record::require_actor;
pub use record::{ApiKeyRecord, KEY_NAME_BYTES_MAX, KeyFilter, NewApiKey, Revocation};
pub use store::KeyStore;
