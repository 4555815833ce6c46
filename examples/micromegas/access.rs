//! Who may use a server.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use micromegas_auth::{
    ApiKeys, ApiKeysOptions, AuthLayer, Authenticator, KeyFile, Oidc, OidcOptions,
};
use micromegas_lakehouse::{KeyFilter, KeyStore, Lakehouse, Principal};
use serde::Deserialize;

/// Who may use a server. Keys of its own lake always may, unless everyone may.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Access {
    /// Let everyone who reaches the server do everything, without keys
    #[arg(long, conflicts_with_all = ["key_file", "oidc_file"])]
    pub(crate) disable_auth: bool,

    /// Accept the keys in this file, too
    #[arg(long, env = "MICROMEGAS_KEY_FILE", value_name = "FILE")]
    key_file: Option<PathBuf>,

    /// Accept the tokens of the OpenID Connect issuers in this JSON file
    #[arg(long, env = "MICROMEGAS_OIDC_FILE", value_name = "FILE")]
    oidc_file: Option<PathBuf>,
}

/// The file of issuers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Issuers {
    issuers: Vec<OidcOptions>,
}

impl Access {
    /// For everyone: only where somebody asked for it by name, or on loopback for a moment.
    pub(crate) fn for_everyone() -> Self {
        Self { disable_auth: true, ..Self::default() }
    }

    /// The layer that lets in who may, in front of this lake.
    pub(crate) async fn layer(&self, lakehouse: &Lakehouse) -> Result<AuthLayer> {
        if self.disable_auth {
            return Ok(AuthLayer::disabled(Principal::local()));
        }
        let store = lakehouse.store();
        let issuers = self.oidc_file.as_deref().map_or_else(|| Ok(Vec::new()), read_issuers)?;
        let file = self.key_file.clone().map(KeyFile::new);
        let mut has_keys = !store.list_keys(&KeyFilter::default(), 1).await?.is_empty();
        if let Some(file) = &file {
            has_keys |= !file.list_keys(&KeyFilter::default(), 1).await?.is_empty();
        }
        if !has_keys && issuers.is_empty() {
            bail!(
                "nobody could use this server; make a key with `micromegas keys create NAME` for \
                 the same lake, or name --key-file or --oidc-file, or let everyone do everything \
                 with --disable-auth"
            );
        }
        let keys = ApiKeys::new(Arc::clone(store) as _, ApiKeysOptions::default());
        let mut builder =
            Authenticator::builder().with_keys(keys).with_audit(Arc::clone(store) as _);
        if let Some(file) = file {
            builder = builder.with_keys(ApiKeys::new(Arc::new(file), ApiKeysOptions::default()));
        }
        for issuer in issuers {
            builder = builder.with_issuer(Oidc::new(issuer)?);
        }
        Ok(AuthLayer::new(builder.build()))
    }
}

fn read_issuers(path: &Path) -> Result<Vec<OidcOptions>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let issuers: Issuers = serde_json::from_str(&text)
        .map_err(|error| anyhow!("{} names no issuers: {error}", path.display()))?;
    Ok(issuers.issuers)
}
