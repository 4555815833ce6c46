//! What a format string asks for.

/// A place in a format string where an argument goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placeholder {
    /// What comes before the colon: a name, a number, or nothing.
    pub(crate) argument: String,
    /// What comes after it.
    pub(crate) format: String,
}

/// Whether text is a message as it stands.
pub(crate) fn is_constant(text: &str) -> bool {
    !text.contains(['{', '}'])
}

/// All placeholders; none if the text is no format string, which the compiler then says better.
pub(crate) fn placeholders(text: &str) -> Option<Vec<Placeholder>> {
    let mut placeholders = Vec::new();
    let mut rest = text;
    while let Some(brace) = rest.find(['{', '}']) {
        let from_brace = &rest[brace..];
        if from_brace.starts_with("{{") || from_brace.starts_with("}}") {
            rest = &from_brace[2..];
            continue;
        }
        let inner = from_brace.strip_prefix('{')?;
        let end = inner.find('}')?;
        let (argument, format) = inner[..end].split_once(':').unwrap_or((&inner[..end], ""));
        placeholders.push(Placeholder {
            argument: argument.trim().to_owned(),
            format: format.trim_end().to_owned(),
        });
        rest = &inner[end + 1..];
    }
    Some(placeholders)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(text: &str) -> Option<Vec<(String, String)>> {
        let all = placeholders(text)?;
        Some(all.into_iter().map(|own| (own.argument, own.format)).collect())
    }

    #[test]
    fn placeholders_are_found_between_escaped_braces() {
        let pair = |argument: &str, format: &str| (argument.to_owned(), format.to_owned());
        assert_eq!(arguments("plain {{}}"), Some(vec![]));
        let expected = vec![pair("", ""), pair("a", ""), pair("b", "?"), pair("0", ">5")];
        assert_eq!(arguments("{} {a} {{x}} {b:?}{0:>5}"), Some(expected));
        assert_eq!(arguments("{open"), None);
        assert_eq!(arguments("close}"), None);
    }
}
