//! Reading one variable, and what is wrong with it.

use std::fmt::Display;
use std::str::FromStr;

/// A variable of the environment cannot be used. The message does not show its value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {name} cannot be used: {reason}")]
pub struct EnvironmentError {
    /// The variable.
    pub name: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

/// Where variables come from: the environment, or a test.
pub(super) struct Values<'a> {
    pub(super) lookup: &'a dyn Fn(&'static str) -> Option<String>,
}

impl Values<'_> {
    /// A text; an empty one is as good as none.
    pub(super) fn text(&self, name: &'static str) -> Option<String> {
        let text = (self.lookup)(name)?.trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    pub(super) fn parsed<T>(&self, name: &'static str) -> Result<Option<T>, EnvironmentError>
    where
        T: FromStr<Err: Display>,
    {
        let Some(text) = self.text(name) else { return Ok(None) };
        let failed = |error: T::Err| EnvironmentError { name, reason: error.to_string() };
        text.parse().map(Some).map_err(failed)
    }
}
