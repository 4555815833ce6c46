//! Text as PostgreSQL stores it: every character but U+0000.

use std::borrow::Cow;

/// Stands for U+0000 before `0`, and for itself before `1`; it is no character of any language.
const ESCAPE: char = '\u{10FFFF}';

/// The stored form of a text.
pub(super) fn stored(text: &str) -> Cow<'_, str> {
    if !text.contains(['\0', ESCAPE]) {
        return Cow::Borrowed(text);
    }
    let mut stored = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\0' => stored.extend([ESCAPE, '0']),
            ESCAPE => stored.extend([ESCAPE, '1']),
            other => stored.push(other),
        }
    }
    Cow::Owned(stored)
}

/// The text of a stored form.
pub(super) fn original(stored: String) -> String {
    if !stored.contains(ESCAPE) {
        return stored;
    }
    let mut text = String::with_capacity(stored.len());
    let mut characters = stored.chars();
    while let Some(character) = characters.next() {
        match character {
            ESCAPE => match characters.next() {
                Some('0') => text.push('\0'),
                _ => text.push(ESCAPE),
            },
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_and_none_has_a_zero() {
        for text in ["", "plain", "a\0b", "\0", "\u{10FFFF}", "\u{10FFFF}0\0", "\0\u{10FFFF}1"] {
            let stored = stored(text).into_owned();
            assert!(!stored.contains('\0'), "{stored:?}");
            assert_eq!(original(stored), text);
        }
        assert!(matches!(stored("plain"), Cow::Borrowed("plain")));
    }
}
