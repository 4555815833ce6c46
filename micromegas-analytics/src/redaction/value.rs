//! Rules applied to JSONB.

use jsonb::{RawJsonb, Value};
use micromegas_lakehouse::{Redact, Redaction};

use crate::columns::jsonb_object;

/// What comes before the name of an attribute of an instrumentation scope.
const SCOPE_ATTRIBUTE: &str = "otel.scope.attr.";
/// Where events and links of spans have their attributes.
const ATTRIBUTES: &str = "attributes";

/// What a column of JSONB holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// An object whose members are properties.
    Properties,
    /// A list of objects with properties in their member `attributes`.
    Attributed,
}

/// The value with the rules applied; `None` if they change nothing. What cannot be read is nothing.
pub(super) fn redacted(rules: &Redaction, content: Content, bytes: &[u8]) -> Option<Vec<u8>> {
    let Ok(mut value) = jsonb::from_slice(bytes) else {
        return Some(match content {
            Content::Properties => jsonb_object([]),
            Content::Attributed => Value::Array(Vec::new()).to_vec(),
        });
    };
    let is_changed = match content {
        Content::Properties => redact(rules, &mut value),
        Content::Attributed => redact_attributes(rules, &mut value),
    };
    is_changed.then(|| value.to_vec())
}

/// Applies the rules to the members of objects, and of objects inside; tells whether that changed
/// anything.
fn redact(rules: &Redaction, value: &mut Value<'_>) -> bool {
    match value {
        Value::Array(values) => values.iter_mut().fold(false, |is_changed, value| {
            // All of them, whatever became of those before.
            redact(rules, value) | is_changed
        }),
        Value::Object(members) => {
            let count = members.len();
            members.retain(|name, _| matches!(action(rules, name), None | Some(Redact::Hash)));
            let mut is_changed = members.len() < count;
            for (name, value) in members {
                is_changed |= match action(rules, name) {
                    None => redact(rules, value),
                    Some(_) => {
                        *value = Value::String(rules.hash(&text(value)).into());
                        true
                    }
                };
            }
            is_changed
        }
        _ => false,
    }
}

fn redact_attributes(rules: &Redaction, list: &mut Value<'_>) -> bool {
    let Value::Array(items) = list else { return false };
    items.iter_mut().fold(false, |is_changed, item| {
        let attributes = match item {
            Value::Object(members) => members.get_mut(ATTRIBUTES),
            _ => None,
        };
        attributes.is_some_and(|attributes| redact(rules, attributes)) | is_changed
    })
}

/// A rule for an attribute holds for those of scopes too, which have longer names here.
fn action(rules: &Redaction, name: &str) -> Option<Redact> {
    let of_scope = || rules.action(name.strip_prefix(SCOPE_ATTRIBUTE)?);
    rules.action(name).or_else(of_scope)
}

/// Texts as they are, everything else as JSON.
fn text(value: &Value<'_>) -> String {
    match value {
        Value::String(text) => text.clone().into_owned(),
        other => RawJsonb::new(&other.to_vec()).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Redaction {
        let rules =
            [("token", Redact::Drop), ("user.*", Redact::Hash), ("attributes", Redact::Drop)];
        Redaction::new(rules, "key")
    }

    fn after(content: Content, json: &str) -> String {
        let bytes = json.parse::<jsonb::OwnedJsonb>().unwrap().to_vec();
        let changed = redacted(&rules(), content, &bytes);
        RawJsonb::new(&changed.unwrap_or(bytes)).to_string()
    }

    #[test]
    fn members_are_dropped_and_hashed_wherever_they_are() {
        let hash = rules().hash("ada");
        let before = r#"{"a":"1","list":[{"token":"x","n":1}],"token":{"b":2},"user.name":"ada"}"#;
        let expected = format!(r#"{{"a":"1","list":[{{"n":1}}],"user.name":"{hash}"}}"#);
        assert_eq!(after(Content::Properties, before), expected);
        // Once more changes nothing.
        assert_eq!(after(Content::Properties, &expected), expected);
        let number = rules().hash("[1,2]");
        let expected = format!(r#"{{"otel.scope.attr.user.id":"{number}"}}"#);
        assert_eq!(after(Content::Properties, r#"{"otel.scope.attr.user.id":[1,2]}"#), expected);
    }

    #[test]
    fn what_no_rule_names_stays_byte_by_byte() {
        let bytes = jsonb_object([("a", "1"), ("users", "2")]);
        assert_eq!(redacted(&rules(), Content::Properties, &bytes), None);
    }

    #[test]
    fn only_attributes_of_events_and_links_are_properties() {
        let before = r#"[{"attributes":{"kept":"1","token":"2"},"token":"3"},{"token":"4"},5]"#;
        let expected = r#"[{"attributes":{"kept":"1"},"token":"3"},{"token":"4"},5]"#;
        assert_eq!(after(Content::Attributed, before), expected);
    }

    #[test]
    fn what_cannot_be_read_is_not_shown() {
        let none = redacted(&rules(), Content::Properties, b"\xff token");
        assert_eq!(none, Some(jsonb_object([])));
    }
}
