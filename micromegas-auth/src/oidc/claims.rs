//! What a token says.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Header, TokenData, Validation, decode};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::key_set::SigningKey;
use super::options::OidcOptions;
use crate::identity::TokenIdentity;
use crate::refusal::Reason;

/// The longest subject, as OpenID Connect has it.
const SUBJECT_CHARS_MAX: usize = 255;

/// Claims whose signature, issuer, audience and times are right.
#[derive(Debug)]
pub(super) struct Claims {
    pub(super) identity: TokenIdentity,
    pub(super) all: Map<String, Value>,
}

/// Whether a credential has the form of a token: three parts, of which the first is a JSON object.
pub(crate) fn is_token(credential: &str) -> bool {
    credential.starts_with("ey") && credential.bytes().filter(|byte| *byte == b'.').count() == 2
}

/// The issuer that a token names, before anything is known of it.
pub(crate) fn claimed_issuer(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claimed {
        iss: String,
    }
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claimed: Claimed = serde_json::from_slice(&payload).ok()?;
    Some(claimed.iss)
}

/// Verifies a token with the key that it names.
pub(super) fn verify(
    token: &str,
    header: &Header,
    key: &SigningKey,
    options: &OidcOptions,
) -> Result<Claims, Reason> {
    // The key allows this algorithm, or it would not have been found.
    let mut validation = Validation::new(header.alg);
    validation.leeway = options.clock_skew.as_secs();
    validation.validate_nbf = true;
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.set_issuer(&[&options.issuer]);
    validation.set_audience(&options.audience);
    let token: TokenData<Map<String, Value>> =
        decode(token, &key.key, &validation).map_err(|error| reason(&error))?;
    let all = token.claims;
    let text = |name: &str| all.get(name).and_then(Value::as_str).map(str::to_owned);
    // The library takes a list of issuers, too; OpenID Connect has one.
    if text("iss").as_ref() != Some(&options.issuer) {
        return Err(Reason::UnknownIssuer);
    }
    let subject = text("sub").filter(|subject| is_subject(subject));
    let subject = subject.ok_or(Reason::MalformedToken)?;
    let identity = TokenIdentity { subject, email: text("email"), name: text("name") };
    Ok(Claims { identity, all })
}

/// Subjects may have any letters of any script; a control character would forge lines of logs.
fn is_subject(text: &str) -> bool {
    let length = text.chars().count();
    (1..=SUBJECT_CHARS_MAX).contains(&length) && !text.chars().any(char::is_control)
}

fn reason(error: &Error) -> Reason {
    match error.kind() {
        ErrorKind::InvalidSignature => Reason::WrongSignature,
        ErrorKind::ExpiredSignature => Reason::ExpiredToken,
        ErrorKind::ImmatureSignature => Reason::EarlyToken,
        ErrorKind::InvalidAudience => Reason::WrongAudience,
        ErrorKind::InvalidIssuer => Reason::UnknownIssuer,
        ErrorKind::InvalidAlgorithm => Reason::WrongAlgorithm,
        _ => Reason::MalformedToken,
    }
}
