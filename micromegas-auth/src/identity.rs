//! Headers that say who somebody is.

use http::HeaderMap;

use crate::refusal::Refusal;

/// Headers with which an authenticating proxy tells a server who asks. Nobody is in front of this
/// layer that it would believe, so they go, whatever they say.
const INTERNAL: [&str; 6] = [
    "x-auth-subject",
    "x-auth-email",
    "x-auth-issuer",
    "x-auth-is-admin",
    "x-auth-name",
    "x-allow-delegation",
];

/// Removes what only servers may say.
pub(crate) fn strip(headers: &mut HeaderMap) {
    for name in INTERNAL {
        headers.remove(name);
    }
}

/// Who a token says its bearer is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TokenIdentity {
    pub(crate) subject: String,
    pub(crate) email: Option<String>,
    pub(crate) name: Option<String>,
}

impl TokenIdentity {
    /// Refuses a person who says in the headers for delegated users to be another one. They are
    /// for programs that ask on somebody's behalf, and those have keys.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let (email, name) = (self.email.as_deref(), self.name.as_deref());
        let allowed = [
            ("x-user-id", [Some(self.subject.as_str()), email]),
            ("x-user-email", [email, None]),
            ("x-user-name", [name, email]),
        ];
        for (header, texts) in allowed {
            let is_own = |value: &http::HeaderValue| {
                value.is_empty()
                    || texts.iter().flatten().any(|text| value.as_bytes() == text.as_bytes())
            };
            if !headers.get_all(header).iter().all(is_own) {
                return Err(Refusal::Forbidden {
                    message: "the user headers name somebody else than the token does",
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn what_only_servers_may_say_is_removed_however_often_it_is_said() {
        let mut headers = HeaderMap::new();
        for name in INTERNAL {
            headers.append(name, HeaderValue::from_static("root"));
            headers.append(name, HeaderValue::from_static("admin"));
        }
        headers.insert("x-client-type", HeaderValue::from_static("python"));
        strip(&mut headers);
        assert_eq!(headers.keys().collect::<Vec<_>>(), ["x-client-type"]);
    }

    #[test]
    fn a_person_is_nobody_else() {
        let ada = TokenIdentity {
            subject: "ада".to_owned(),
            email: Some("ada@example.org".to_owned()),
            name: None,
        };
        let check = |name: &'static str, value: &str| {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            ada.check(&HeaderMap::from_iter([(http::HeaderName::from_static(name), value)]))
        };
        check("x-user-id", "ада").unwrap();
        check("x-user-id", "ada@example.org").unwrap();
        check("x-user-email", "ada@example.org").unwrap();
        check("x-user-email", "").unwrap();
        for (name, value) in
            [("x-user-id", "eve"), ("x-user-email", "eve@example.org"), ("x-user-name", "Eve")]
        {
            check(name, value).unwrap_err();
        }
    }
}
