//! Fields of the `tracing` crate as properties.

use crate::properties::PropertyList;
use std::fmt;
use tracing_core::Field;
use tracing_core::field::Visit;

/// The field that is the text of an event.
const MESSAGE: &str = "message";
/// The target of an entry that came from the `log` crate.
const LOG_TARGET: &str = "log.target";
/// What else such an entry says of itself.
const LOG_PREFIX: &str = "log.";

/// Puts fields into a list.
pub(super) struct Properties<'a>(pub(super) &'a mut PropertyList);

impl Visit for Properties<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let name = field.name();
        if name != MESSAGE && !name.starts_with(LOG_PREFIX) {
            self.0.push(name.strip_prefix("r#").unwrap_or(name), format_args!("{value:?}"));
        }
    }
}

/// The fields of an event that are no properties.
#[derive(Default)]
pub(super) struct Text {
    pub(super) message: String,
    pub(super) target: Option<String>,
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            MESSAGE => self.message = value.to_owned(),
            LOG_TARGET => self.target = Some(value.to_owned()),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == MESSAGE {
            self.message = format!("{value:?}");
        }
    }
}
