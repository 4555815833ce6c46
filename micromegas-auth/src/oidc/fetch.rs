//! Asking an issuer for its keys.

use micromegas_tracing::prelude::*;
use serde::Deserialize;
use ureq::http::StatusCode;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Proxy};

use super::key_set::KeySet;
use super::options::{OidcOptions, require_safe};
use crate::error::{Error, Result};

/// The largest document of an issuer that is read.
const DOCUMENT_BYTES_MAX: u64 = 1024 * 1024;

/// A client of one issuer.
#[derive(Debug, Clone)]
pub(super) struct Fetcher {
    agent: Agent,
    issuer: String,
    jwks_uri: Option<String>,
}

/// The part of a discovery document that matters here.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl Fetcher {
    pub(super) fn new(options: &OidcOptions) -> Result<Self> {
        let proxy = options.proxy.as_deref().map(Proxy::new).transpose();
        let proxy = proxy.map_err(|_| Error::invalid("the proxy to the issuer is no address"))?;
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Where keys come from is what was configured, not what an answer says.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(proxy)
            .tls_config(tls)
            .user_agent(concat!("micromegas-auth/", env!("CARGO_PKG_VERSION")))
            .timeout_global(Some(options.request_timeout))
            .build();
        Ok(Self {
            agent: config.into(),
            issuer: options.issuer.clone(),
            jwks_uri: options.jwks_uri.clone(),
        })
    }

    /// Fetches the keys, and the discovery document before it where the keys' address is not
    /// configured.
    pub(super) async fn fetch(&self) -> Result<KeySet> {
        let fetcher = self.clone();
        let fetched = tokio::task::spawn_blocking(move || fetcher.fetch_blocking()).await;
        let fetched = fetched.unwrap_or_else(|_| Err(Error::unavailable("asking was ended")));
        if let Err(error) = &fetched {
            warn!("the keys of {} cannot be fetched: {error}", self.issuer);
        }
        fetched
    }

    fn fetch_blocking(&self) -> Result<KeySet> {
        let jwks_uri = match &self.jwks_uri {
            Some(uri) => uri.clone(),
            None => self.discover()?,
        };
        KeySet::from_json(&self.get(&jwks_uri)?).map_err(Error::unavailable)
    }

    fn discover(&self) -> Result<String> {
        let url = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let discovery: Discovery = serde_json::from_slice(&self.get(&url)?)
            .map_err(|_| Error::unavailable("its discovery document cannot be read"))?;
        if discovery.issuer != self.issuer {
            return Err(Error::unavailable("its discovery document is that of another issuer"));
        }
        require_safe(&discovery.jwks_uri)?;
        Ok(discovery.jwks_uri)
    }

    fn get(&self, url: &str) -> Result<Vec<u8>> {
        let unavailable = |source: ureq::Error| Error::Unavailable {
            message: format!("{url} does not answer ({source})"),
            source: Some(Box::new(source)),
        };
        let mut response = self.agent.get(url).call().map_err(unavailable)?;
        if response.status() != StatusCode::OK {
            return Err(Error::unavailable(format!("{url} answers {}", response.status())));
        }
        let body = response.body_mut().with_config().limit(DOCUMENT_BYTES_MAX);
        body.read_to_vec().map_err(unavailable)
    }
}
