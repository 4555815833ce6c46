//! Keys to sign with, made for these tests, and tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

const RSA_1: &[u8] = include_bytes!("signing_keys/rsa_1.der");
const RSA_2: &[u8] = include_bytes!("signing_keys/rsa_2.der");
const P256: &[u8] = include_bytes!("signing_keys/p256.der");
const ED25519: &[u8] = include_bytes!("signing_keys/ed25519.der");

/// A private key with the name that tokens have for it.
pub(crate) struct Signer {
    pub(crate) id: &'static str,
    pub(crate) algorithm: Algorithm,
    key: EncodingKey,
}

pub(crate) fn rsa_1() -> Signer {
    Signer { id: "rsa-1", algorithm: Algorithm::RS256, key: EncodingKey::from_rsa_der(RSA_1) }
}

pub(crate) fn rsa_2() -> Signer {
    Signer { id: "rsa-2", algorithm: Algorithm::RS256, key: EncodingKey::from_rsa_der(RSA_2) }
}

pub(crate) fn p256() -> Signer {
    Signer { id: "p256", algorithm: Algorithm::ES256, key: EncodingKey::from_ec_der(P256) }
}

pub(crate) fn ed25519() -> Signer {
    Signer { id: "ed25519", algorithm: Algorithm::EdDSA, key: EncodingKey::from_ed_der(ED25519) }
}

impl Signer {
    /// The public key, as an issuer publishes it.
    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.key, self.algorithm).unwrap();
        jwk.common.key_id = Some(self.id.to_owned());
        serde_json::to_value(jwk).unwrap()
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.id.to_owned()), ..Header::new(self.algorithm) };
        self.sign_with(&header, claims)
    }

    pub(crate) fn sign_with(&self, header: &Header, claims: &Value) -> String {
        encode(header, claims, &self.key).unwrap()
    }
}

/// A token with any header and any signature.
pub(crate) fn forge(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(header), part(claims), URL_SAFE_NO_PAD.encode(signature))
}

/// Signs as if this public text were a secret.
pub(crate) fn sign_symmetrically(secret: &[u8], id: &str, claims: &Value) -> String {
    let header = Header { kid: Some(id.to_owned()), ..Header::new(Algorithm::HS256) };
    encode(&header, claims, &EncodingKey::from_secret(secret)).unwrap()
}

/// Seconds from now.
pub(crate) fn time(seconds: i64) -> i64 {
    chrono::Utc::now().timestamp() + seconds
}

/// The claims of a good token.
pub(crate) fn claims(issuer: &str) -> Value {
    json!({ "iss": issuer, "aud": "lake", "sub": "ada", "exp": time(600), "email": "ada@example.org" })
}

/// Good claims, but for one.
pub(crate) fn claims_with(issuer: &str, name: &str, value: Value) -> Value {
    let mut claims = claims(issuer);
    let object = claims.as_object_mut().unwrap();
    if value.is_null() {
        object.remove(name);
    } else {
        object.insert(name.to_owned(), value);
    }
    claims
}
