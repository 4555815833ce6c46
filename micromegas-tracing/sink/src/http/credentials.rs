//! What proves to the server who is sending: a key, or a token that is fetched.

use crate::http::options::HttpOptions;
use serde::Deserialize;
use std::fmt;
use std::time::{Duration, Instant};
use ureq::Agent;
use ureq::http::{HeaderValue, Uri};

/// An answer with a token is not larger.
const TOKEN_BYTES_MAX: u64 = 64 * 1024;

/// A token is taken to live this long if the answer does not tell.
const LIFETIME_UNKNOWN: Duration = Duration::from_secs(300);

/// The OAuth 2 client credentials flow, as OIDC providers serve it (RFC 6749, section 4.4).
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCredentials {
    /// URL of the provider's token endpoint.
    pub token_endpoint: String,
    /// Who asks.
    pub client_id: String,
    /// The proof of it.
    pub client_secret: String,
    /// Whom the token is for, if the provider wants to know.
    pub audience: Option<String>,
    /// How long before its end a token is replaced.
    pub refresh_before: Duration,
}

impl ClientCredentials {
    /// Credentials without an audience, whose tokens are replaced three minutes before their end.
    pub fn new(
        token_endpoint: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
    ) -> Self {
        Self {
            token_endpoint: token_endpoint.into(),
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            audience: None,
            refresh_before: Duration::from_secs(180),
        }
    }
}

impl fmt::Debug for ClientCredentials {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials")
            .field("token_endpoint", &self.token_endpoint)
            .field("client_id", &self.client_id)
            .field("audience", &self.audience)
            .field("refresh_before", &self.refresh_before)
            .finish_non_exhaustive()
    }
}

/// What requests are authorized with.
#[derive(Debug)]
pub(super) enum Authorization {
    None,
    Key(HeaderValue),
    Token(Box<TokenSource>),
}

impl Authorization {
    /// The error says what is wrong with the options.
    pub(super) fn new(options: &HttpOptions) -> Result<Self, String> {
        match (&options.api_key, &options.client_credentials) {
            (Some(key), _) => Ok(Self::Key(bearer(key)?)),
            (None, Some(credentials)) => {
                let uri: Result<Uri, _> = credentials.token_endpoint.parse();
                let is_http =
                    uri.is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
                if !is_http {
                    return Err("the token endpoint must be a URL with http or https".to_owned());
                }
                Ok(Self::Token(Box::new(TokenSource {
                    credentials: credentials.clone(),
                    token: None,
                })))
            }
            (None, None) => Ok(Self::None),
        }
    }

    /// The header of the next request, for which a token may have to be fetched. The error says
    /// why that failed.
    pub(super) fn header(
        &mut self,
        agent: &Agent,
        timeout: Duration,
    ) -> Result<Option<HeaderValue>, String> {
        match self {
            Self::None => Ok(None),
            Self::Key(key) => Ok(Some(key.clone())),
            Self::Token(source) => source.header(agent, timeout).map(Some),
        }
    }

    /// The server does not believe the latest header: true if another can be had.
    pub(super) fn renew(&mut self) -> bool {
        match self {
            Self::None | Self::Key(_) => false,
            Self::Token(source) => source.token.take().is_some(),
        }
    }
}

/// Fetches tokens, and keeps the latest.
#[derive(Debug)]
pub(super) struct TokenSource {
    credentials: ClientCredentials,
    token: Option<Token>,
}

#[derive(Debug)]
struct Token {
    header: HeaderValue,
    refresh_at: Instant,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    /// A number of seconds; some providers send it as text.
    #[serde(default)]
    expires_in: serde_json::Value,
}

impl TokenSource {
    fn header(&mut self, agent: &Agent, timeout: Duration) -> Result<HeaderValue, String> {
        if let Some(token) = &self.token
            && Instant::now() < token.refresh_at
        {
            return Ok(token.header.clone());
        }
        let token = self.fetch(agent, timeout)?;
        Ok(self.token.insert(token).header.clone())
    }

    fn fetch(&self, agent: &Agent, timeout: Duration) -> Result<Token, String> {
        let ClientCredentials {
            token_endpoint,
            client_id,
            client_secret,
            audience,
            refresh_before,
        } = &self.credentials;
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_id", client_id.as_str()),
            ("client_secret", client_secret.as_str()),
        ];
        form.extend(audience.as_deref().map(|audience| ("audience", audience)));
        let request = agent.post(token_endpoint).config().timeout_global(Some(timeout)).build();
        let failed = |reason: String| format!("no token: {reason}");
        let mut answer = request.send_form(form).map_err(|error| failed(error.to_string()))?;
        let status = answer.status();
        let body = answer.body_mut().with_config().limit(TOKEN_BYTES_MAX).read_to_vec();
        let body = body.map_err(|error| failed(error.to_string()))?;
        if !status.is_success() {
            return Err(failed(format!("the provider answers {status}")));
        }
        let answer: TokenAnswer = serde_json::from_slice(&body)
            .map_err(|_| failed("the provider's answer has none".to_owned()))?;
        let lifetime = lifetime(&answer.expires_in);
        // A token that lives shorter than the margin is replaced when half its time is over.
        let usable = lifetime.saturating_sub(*refresh_before).max(lifetime / 2);
        let header = bearer(&answer.access_token).map_err(failed)?;
        Ok(Token { header, refresh_at: Instant::now() + usable })
    }
}

fn lifetime(expires_in: &serde_json::Value) -> Duration {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let text = expires_in.as_str().and_then(|text| text.trim().parse().ok());
    let seconds = expires_in.as_f64().or(text);
    let lifetime = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    lifetime.unwrap_or(LIFETIME_UNKNOWN).min(DAY)
}

fn bearer(key: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", key.trim()))
        .map_err(|_| "the API key has characters that no HTTP header may have".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_lifetime_is_a_number_or_a_text_or_unknown() {
        let seconds = |value| lifetime(&value).as_secs();
        assert_eq!([seconds(json!(3600)), seconds(json!("60")), seconds(json!(0))], [3600, 60, 0]);
        assert_eq!([seconds(json!(null)), seconds(json!(-1)), seconds(json!("soon"))], [300; 3]);
    }

    #[test]
    fn what_cannot_be_used_is_refused_at_once() {
        let options = HttpOptions { api_key: Some("a\nb".to_owned()), ..HttpOptions::default() };
        assert!(Authorization::new(&options).is_err());
        let credentials = ClientCredentials::new("idp.example.com/token", "me", "secret");
        let options =
            HttpOptions { client_credentials: Some(credentials), ..HttpOptions::default() };
        assert!(Authorization::new(&options).is_err());
    }
}
