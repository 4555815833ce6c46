//! The little JSON that goldens need.

use std::fmt::{Display, Write as _};

/// An object on one line.
#[derive(Debug, Default)]
pub(crate) struct Object {
    members: Vec<String>,
}

impl Object {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A member whose value is JSON as it displays itself.
    pub(crate) fn raw(mut self, name: &str, value: impl Display) -> Self {
        self.members.push(format!("{}: {value}", text(name)));
        self
    }

    pub(crate) fn text(self, name: &str, value: impl Display) -> Self {
        let value = text(&value.to_string());
        self.raw(name, value)
    }

    pub(crate) fn end(self) -> String {
        format!("{{{}}}", self.members.join(", "))
    }
}

/// A string literal.
pub(crate) fn text(text: &str) -> String {
    let mut literal = String::from('"');
    for char in text.chars() {
        match char {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\t' => literal.push_str("\\t"),
            control if control < ' ' => {
                let _ = write!(literal, "\\u{:04x}", u32::from(control));
            }
            other => literal.push(other),
        }
    }
    literal.push('"');
    literal
}

/// A number; what JSON cannot express is a string.
pub(crate) fn number(value: f64) -> String {
    if value.is_finite() { format!("{value:?}") } else { text(&value.to_string()) }
}

/// An object with a text for each name.
pub(crate) fn texts<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    pairs.into_iter().fold(Object::new(), |object, (name, value)| object.text(name, value)).end()
}
