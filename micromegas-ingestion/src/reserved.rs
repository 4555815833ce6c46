//! The property names that clients cannot set.

use std::collections::BTreeMap;

/// Names that begin so are written by servers only.
const RESERVED_PREFIX: &str = "micromegas.";

/// Removes the properties whose names are reserved. The case of letters does not matter, because
/// it does not matter where properties are looked up.
pub(crate) fn remove_reserved(properties: &mut BTreeMap<String, String>) {
    properties.retain(|name, _| !is_reserved(name));
}

fn is_reserved(name: &str) -> bool {
    let prefix = name.as_bytes().get(..RESERVED_PREFIX.len());
    prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(RESERVED_PREFIX.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reserved_names_are_removed() {
        let mut properties: BTreeMap<String, String> = [
            "micromegas.audience",
            "Micromegas.Audience",
            "micromegas",
            "micromegasX",
            "é",
            "version",
        ]
        .into_iter()
        .map(|name| (name.to_owned(), "value".to_owned()))
        .collect();
        remove_reserved(&mut properties);
        let left: Vec<&str> = properties.keys().map(String::as_str).collect();
        assert_eq!(left, ["micromegas", "micromegasX", "version", "é"]);
    }
}
