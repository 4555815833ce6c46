//! What a token allows.

use micromegas_lakehouse::{Principal, Rights, Tenant};
use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};

/// A rule: whose claim has this value belongs to these tenants with these rights.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Grant {
    /// The claim that is looked at: a name, or a JSON pointer such as `/realm_access/roles`.
    /// Without one, the grant is for every token of the issuer.
    #[serde(default)]
    pub claim: Option<String>,
    /// What the claim must be, or contain where it is a list.
    #[serde(default)]
    pub value: Option<String>,
    /// The tenants; the first is the one that is written to.
    #[serde(deserialize_with = "tenants")]
    pub tenants: Vec<Tenant>,
    /// The rights, on all of these tenants.
    #[serde(deserialize_with = "rights")]
    pub rights: Rights,
}

fn tenants<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Tenant>, D::Error> {
    let names = Vec::<String>::deserialize(from)?;
    if names.is_empty() {
        return Err(de::Error::custom("a grant has at least one tenant"));
    }
    names.iter().map(|name| name.parse().map_err(de::Error::custom)).collect()
}

fn rights<'de, D: Deserializer<'de>>(from: D) -> Result<Rights, D::Error> {
    String::deserialize(from)?.parse().map_err(de::Error::custom)
}

impl Grant {
    /// A grant to every token of the issuer.
    pub fn everyone(tenants: impl IntoIterator<Item = Tenant>, rights: Rights) -> Self {
        Self { claim: None, value: None, tenants: tenants.into_iter().collect(), rights }
    }

    /// A grant to those whose claim is this value or contains it.
    #[must_use]
    pub fn to(mut self, claim: impl Into<String>, value: impl Into<String>) -> Self {
        (self.claim, self.value) = (Some(claim.into()), Some(value.into()));
        self
    }

    fn matches(&self, claims: &Map<String, Value>) -> bool {
        let (claim, expected) = match (&self.claim, &self.value) {
            (None, None) => return true,
            (Some(claim), Some(value)) => (claim, value),
            // Half a condition holds for nobody.
            _ => return false,
        };
        let is_expected = |value: &Value| value.as_str() == Some(expected);
        match find(claims, claim) {
            Some(Value::Array(values)) => values.iter().any(is_expected),
            Some(value) => is_expected(value),
            None => false,
        }
    }
}

fn find<'a>(claims: &'a Map<String, Value>, claim: &str) -> Option<&'a Value> {
    let Some(path) = claim.strip_prefix('/') else { return claims.get(claim) };
    match path.split_once('/') {
        Some((first, rest)) => claims.get(first)?.pointer(&format!("/{rest}")),
        None => claims.get(path),
    }
}

/// The principal of the first grant that matches. Grants are not added up: rights of one would
/// reach into the tenants of another.
pub(super) fn principal(
    grants: &[Grant],
    subject: String,
    claims: &Map<String, Value>,
) -> Option<Principal> {
    let grant = grants.iter().find(|grant| grant.matches(claims))?;
    Principal::new(subject, grant.tenants.iter().cloned(), grant.rights).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn the_first_grant_that_matches_counts_and_no_other() {
        let [games, tools] = ["games", "tools"].map(|name| Tenant::new(name).unwrap());
        let grants = [
            Grant::everyone([games.clone()], Rights::ALL).to("groups", "operators"),
            Grant::everyone([tools.clone()], Rights::QUERY).to("/realm/roles", "reader"),
        ];
        let found = |value| principal(&grants, "s".to_owned(), &claims(value));
        let both = json!({ "groups": ["a", "operators"], "realm": { "roles": ["reader"] } });
        let operator = found(both).unwrap();
        assert_eq!((operator.tenants(), operator.rights()), ([games].as_slice(), Rights::ALL));
        let reader = found(json!({ "realm": { "roles": "reader" } })).unwrap();
        assert_eq!((reader.tenants(), reader.rights()), ([tools].as_slice(), Rights::QUERY));
        for nobody in [
            json!({}),
            json!({ "groups": ["operators2", 7, ["operators"]] }),
            json!({ "groups": { "operators": true } }),
            json!({ "realm": ["reader"] }),
        ] {
            assert!(found(nobody.clone()).is_none(), "{nobody}");
        }
    }

    #[test]
    fn a_grant_without_tenants_or_with_unknown_rights_is_refused() {
        for text in [
            r#"{ "tenants": [], "rights": "query" }"#,
            r#"{ "tenants": ["a/b"], "rights": "query" }"#,
            r#"{ "tenants": ["a"], "rights": "everything" }"#,
            r#"{ "tenants": ["a"], "rights": "query", "group": "x" }"#,
        ] {
            assert!(serde_json::from_str::<Grant>(text).is_err(), "{text}");
        }
        let half: Grant =
            serde_json::from_str(r#"{ "claim": "x", "tenants": ["a"], "rights": "all" }"#).unwrap();
        assert!(principal(&[half], "s".to_owned(), &claims(json!({ "x": null }))).is_none());
    }
}
