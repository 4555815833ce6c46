//! One [tower] layer that knows who asks, for axum and tonic alike: API keys and OpenID Connect
//! tokens become a [`Principal`](micromegas_lakehouse::Principal) in the request's extensions.
//!
//! ```
//! use std::sync::Arc;
//! use axum::{Router, routing::get};
//! use micromegas_auth::{ApiKeys, ApiKeysOptions, AuthLayer, Authenticator, KeyText};
//! use micromegas_lakehouse::{KeyStore, Lakehouse, NewApiKey, Principal, Rights, Tenant};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let lakehouse = Lakehouse::in_memory();
//!
//! // A key: its text is told to its bearer now and is kept nowhere.
//! let text = KeyText::generate()?;
//! lakehouse.store().insert_key(NewApiKey {
//!     id: uuid::Uuid::new_v4(),
//!     name: "game servers".to_owned(),
//!     prefix: text.prefix().to_owned(),
//!     hash: text.hash(),
//!     tenant: Tenant::default(),
//!     rights: Rights::INGEST,
//!     expires: None,
//!     created_by: "ada".to_owned(),
//! }).await?;
//!
//! // The layer, in front of whatever asks for a principal.
//! let keys = ApiKeys::new(Arc::clone(lakehouse.store()) as _, ApiKeysOptions::default());
//! let authenticator = Authenticator::builder()
//!     .with_keys(keys)
//!     .with_audit(Arc::clone(lakehouse.store()) as _)
//!     .build();
//! let app: Router = Router::new()
//!     .route("/who", get(|principal: axum::Extension<Principal>| async move {
//!         principal.subject().to_owned()
//!     }))
//!     .layer(AuthLayer::new(authenticator));
//! # drop(app);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # Concepts
//!
//! - An [`Authenticator`] knows [`ApiKeys`] of a [`KeyStore`](micromegas_lakehouse::KeyStore) (the
//!   metadata store, or a [`KeyFile`]) and issuers ([`Oidc`]); [`AuthLayer`] asks it about each
//!   request. [`AuthLayer::disabled`] asks nobody: every request is made by one given principal.
//! - The credential is `Authorization: Bearer`, once. A key belongs to one tenant and has rights; a
//!   token gets tenants and rights from the first [`Grant`] that its claims match.
//! - The [subject](micromegas_lakehouse::Principal::subject) is `key:NAME` or `oidc:ISSUER#SUBJECT`.
//!
//! # Guarantees and cost
//!
//! - Who asks comes from the credential alone. Headers in which a proxy would say it (`x-auth-*`)
//!   are removed, also by the disabled layer, and who brings a token cannot claim to be another
//!   user in `x-user-*`.
//! - Of a key only the SHA-256 is kept, and compared in constant time. No credential and no part
//!   of one is in a log, an error, an audit record or the `Debug` of anything here; of a key, its
//!   beginning is kept to recognise it by.
//! - Tokens are verified with keys and algorithms of the issuer's choice: `none`, symmetric
//!   algorithms and keys that a token brings along are refused. Expiry, issuer, audience and subject
//!   must be there.
//! - A key costs a look at a cache, and once in [`ApiKeysOptions::cache_time`] a look-up; so late a
//!   revocation may count. A token costs the verification of its signature.
//! - Refused senders may finish a body of up to 1 MiB within 2 seconds, so that they hear why.
//!
//! # What this crate is not
//!
//! It decides who asks, not what they may do: services look at the principal's rights. It reads no
//! environment; routes that everyone may reach, such as `/health`, are merged outside of the layer.
#![forbid(unsafe_code)]

mod answer;
mod audit;
mod authenticator;
mod credential;
mod drain;
mod error;
mod identity;
mod keys;
mod layer;
mod oidc;
mod refusal;

pub use answer::AuthBody;
pub use authenticator::{Authenticator, AuthenticatorBuilder};
pub use error::{Error, Result};
pub use keys::{ApiKeys, ApiKeysOptions, KEY_MARK, KeyFile, KeyText};
pub use layer::{AuthLayer, AuthService};
pub use oidc::{Grant, Oidc, OidcOptions};
pub use refusal::{Reason, Refusal};
