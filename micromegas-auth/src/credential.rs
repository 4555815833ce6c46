//! The credential of a request.

use http::{HeaderMap, header};

use crate::refusal::{Reason, Refusal};

/// The longest credential that is looked at.
const CREDENTIAL_BYTES_MAX: usize = 16 * 1024;

/// Takes the credential out of `Authorization: Bearer …`.
///
/// A request with two such headers is refused: whoever is in front of this server may have looked
/// at the other one.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(Refusal::Missing)?;
    let malformed = Refusal::Invalid { reason: Reason::Malformed };
    if values.next().is_some() || value.len() > CREDENTIAL_BYTES_MAX {
        return Err(malformed);
    }
    let Ok(text) = value.to_str() else { return Err(malformed) };
    let Some((scheme, credential)) = text.trim().split_once(' ') else { return Err(malformed) };
    let credential = credential.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || credential.is_empty() {
        return Err(malformed);
    }
    Ok(credential)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let value = |text: &&str| HeaderValue::from_bytes(text.as_bytes()).unwrap();
        values.iter().map(|text| (header::AUTHORIZATION, value(text))).collect()
    }

    #[test]
    fn a_bearer_credential_is_found_whatever_the_case_of_its_scheme() {
        for value in ["Bearer abc", "bearer  abc ", "BEARER abc"] {
            assert_eq!(bearer(&headers(&[value])).unwrap(), "abc");
        }
    }

    #[test]
    fn nothing_else_is_taken_for_a_credential() {
        assert_eq!(bearer(&headers(&[])), Err(Refusal::Missing));
        let long = format!("Bearer {}", "x".repeat(CREDENTIAL_BYTES_MAX));
        for value in ["", "abc", "Bearer", "Bearer ", "Basic abc", "Bearer ä", &long] {
            let refused = Err(Refusal::Invalid { reason: Reason::Malformed });
            assert_eq!(bearer(&headers(&[value])), refused, "{value:?}");
        }
        let two = headers(&["Bearer abc", "Bearer def"]);
        assert_eq!(bearer(&two), Err(Refusal::Invalid { reason: Reason::Malformed }));
    }
}
