//! Errors as gRPC statuses: the right code and one clear sentence.

use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;
use micromegas_tracing::prelude::*;
use tonic::{Code, Status};

use crate::error::Error;
use crate::nearest::suggestion;

/// Messages are cut at this many characters.
const MESSAGE_LENGTH_MAX: usize = 500;

/// What the client gets to see of an error of DataFusion.
pub(super) fn status_of(error: &DataFusionError) -> Status {
    let root = error.find_root();
    let (code, message) = match root {
        DataFusionError::External(source) => match source.downcast_ref::<Error>() {
            Some(error) => return status_of_error(error),
            None => (Code::Internal, source.to_string()),
        },
        DataFusionError::SQL(error, _) => (Code::InvalidArgument, error.to_string()),
        DataFusionError::SchemaError(error, _) => (Code::InvalidArgument, schema_message(error)),
        DataFusionError::Plan(message)
        | DataFusionError::Configuration(message)
        | DataFusionError::Execution(message) => (Code::InvalidArgument, message.clone()),
        DataFusionError::ArrowError(error, _) => (Code::InvalidArgument, error.to_string()),
        DataFusionError::NotImplemented(message) => (Code::Unimplemented, message.clone()),
        DataFusionError::ResourcesExhausted(message) => (Code::ResourceExhausted, message.clone()),
        DataFusionError::ObjectStore(error) => {
            error!("an object of the lakehouse cannot be read: {error}");
            (Code::Unavailable, "an object of the lakehouse cannot be read; try again".to_owned())
        }
        other => {
            error!("a query failed unexpectedly: {other}");
            (Code::Internal, "the query failed for a reason that is in the server's log".to_owned())
        }
    };
    let mut message = sentence(&message);
    let span = error.diagnostic().and_then(|diagnostic| diagnostic.span);
    if let Some(span) = span.filter(|span| span.start.line > 0)
        && !message.contains("at Line")
    {
        message += &format!(" (line {}, column {})", span.start.line, span.start.column);
    }
    Status::new(code, message)
}

/// What the client gets to see of an error of ours.
pub(super) fn status_of_error(error: &Error) -> Status {
    match error {
        Error::Engine { source } => status_of(source),
        Error::InvalidInput { message } => Status::invalid_argument(sentence(message)),
        Error::Forbidden { message } => Status::permission_denied(sentence(message)),
        Error::Unavailable { .. } => Status::unavailable(sentence(&error.to_string())),
        other => {
            error!("a query failed: {other}");
            Status::internal(sentence(&other.to_string()))
        }
    }
}

fn schema_message(error: &SchemaError) -> String {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            let name = field.name();
            if valid_fields.is_empty() {
                return format!("there is no column {name:?} here");
            }
            suggestion("column", name, valid_fields.iter().map(|field| field.name()))
        }
        other => other.to_string(),
    }
}

/// One line of limited length.
fn sentence(message: &str) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MESSAGE_LENGTH_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// " (line 1, column 15)": where a word first occurs in a text; nothing if it does not.
pub(super) fn position_of(word: &str, text: &str) -> String {
    let Some(offset) = text.to_lowercase().find(&word.to_lowercase()) else {
        return String::new();
    };
    let Some(before) = text.get(..offset) else {
        return String::new();
    };
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!(" (line {line}, column {column})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_from_one() {
        assert_eq!(position_of("logs", "SELECT *\nFROM Logs"), " (line 2, column 6)");
        assert_eq!(position_of("x", "SELECT 1"), "");
    }

    #[test]
    fn messages_are_one_short_line() {
        let message = sentence(&format!("a\n  b{}", "c".repeat(1_000)));
        assert!(message.starts_with("a bccc") && message.ends_with('…'));
        assert_eq!(message.chars().count(), MESSAGE_LENGTH_MAX + 1);
    }

    #[test]
    fn unexpected_errors_tell_nothing_of_the_plan() {
        let error = DataFusionError::Internal("Projection: a\n  TableScan: b".to_owned());
        let status = status_of(&error);
        assert_eq!(status.code(), Code::Internal);
        assert!(!status.message().contains("TableScan"));
    }
}
