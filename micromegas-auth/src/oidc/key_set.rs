//! The keys with which an issuer signs.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header};
use serde::Deserialize;
use serde_json::Value;

use crate::refusal::Reason;

/// How many keys of an issuer are looked at.
const KEYS_MAX: usize = 100;
/// The shortest modulus of an RSA key, in characters of base64: 2,048 bits.
const RSA_MODULUS_LENGTH_MIN: usize = 342;

/// The public keys of an issuer that can be used here.
#[derive(Debug, Clone, Default)]
pub(super) struct KeySet {
    keys: Vec<SigningKey>,
}

/// A key and what it may be used with. The token does not get a say in that.
#[derive(Debug, Clone)]
pub(super) struct SigningKey {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    pub(super) key: DecodingKey,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    /// Reads a JWK set. Keys that are of no use here are left out, not refused: issuers may have
    /// others for other purposes.
    pub(super) fn from_json(text: &[u8]) -> Result<Self, &'static str> {
        let document: Document =
            serde_json::from_slice(text).map_err(|_| "the issuer's keys are no JWK set")?;
        let keys = document.keys.into_iter().take(KEYS_MAX);
        let keys: Vec<_> = keys.filter_map(SigningKey::from_json).collect();
        if keys.is_empty() {
            Err("the issuer has no key to verify tokens with")
        } else {
            Ok(Self { keys })
        }
    }

    /// The key that a token names. One that names none is of the only key there is.
    pub(super) fn find(&self, header: &Header) -> Result<&SigningKey, Reason> {
        let key = match &header.kid {
            Some(id) => self.keys.iter().find(|key| key.id.as_ref() == Some(id)),
            None => match self.keys.as_slice() {
                [only] => Some(only),
                _ => None,
            },
        };
        let key = key.ok_or(Reason::UnknownSigningKey)?;
        if key.algorithms.contains(&header.alg) { Ok(key) } else { Err(Reason::WrongAlgorithm) }
    }
}

impl SigningKey {
    fn from_json(value: Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value).ok()?;
        if !matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
            return None;
        }
        let mut algorithms = algorithms(&jwk.algorithm)?;
        if let Some(only) = jwk.common.key_algorithm {
            algorithms.retain(|algorithm| KeyAlgorithm::from(*algorithm) == only);
        }
        if algorithms.is_empty() {
            return None;
        }
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        Some(Self { id: jwk.common.key_id, algorithms, key })
    }
}

/// The algorithms of a kind of key. Symmetric keys have none: whoever can verify with them can
/// sign, too, and a public key must never be taken for one.
fn algorithms(key: &AlgorithmParameters) -> Option<Vec<Algorithm>> {
    use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    match key {
        AlgorithmParameters::RSA(key) if key.n.len() >= RSA_MODULUS_LENGTH_MIN => {
            Some(vec![RS256, RS384, RS512, PS256, PS384, PS512])
        }
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => Some(vec![ES256]),
            EllipticCurve::P384 => Some(vec![ES384]),
            _ => None,
        },
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            Some(vec![EdDSA])
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(keys: Value) -> Result<KeySet, &'static str> {
        KeySet::from_json(json!({ "keys": keys }).to_string().as_bytes())
    }

    #[test]
    fn keys_of_no_use_are_left_out() {
        let rsa = "A".repeat(342);
        let good = json!({ "kty": "RSA", "kid": "good", "n": rsa, "e": "AQAB" });
        let ids = |set: KeySet| set.keys.into_iter().map(|key| key.id).collect::<Vec<_>>();
        let found = set(json!([
            { "kty": "oct", "kid": "symmetric", "k": "c2VjcmV0" },
            { "kty": "RSA", "kid": "short", "n": "AAAA", "e": "AQAB" },
            { "kty": "RSA", "kid": "for encryption", "use": "enc", "n": rsa, "e": "AQAB" },
            { "kty": "RSA", "kid": "says it is symmetric", "alg": "HS256", "n": rsa, "e": "AQAB" },
            { "kty": "EC", "kid": "unknown curve", "crv": "secp256k1", "x": "AA", "y": "AA" },
            { "kty": "quantum", "kid": "unknown kind" },
            7,
            good,
        ]));
        assert_eq!(ids(found.unwrap()), [Some("good".to_owned())]);
        for nothing in [json!([]), json!([{ "kty": "oct", "k": "c2VjcmV0" }]), json!({})] {
            set(nothing).unwrap_err();
        }
        KeySet::from_json(b"<html>").unwrap_err();
    }

    #[test]
    fn a_token_that_names_no_key_is_of_the_only_one() {
        let key = |id: &str| json!({ "kty": "OKP", "crv": "Ed25519", "kid": id, "x": "AAAA" });
        let header = Header::new(Algorithm::EdDSA);
        assert!(set(json!([key("a")])).unwrap().find(&header).is_ok());
        let two = set(json!([key("a"), key("b")])).unwrap();
        assert_eq!(two.find(&header).unwrap_err(), Reason::UnknownSigningKey);
        let named = Header { kid: Some("b".to_owned()), ..header.clone() };
        assert!(two.find(&named).is_ok());
        let confused = Header { alg: Algorithm::HS256, ..named };
        assert_eq!(two.find(&confused).unwrap_err(), Reason::WrongAlgorithm);
    }
}
