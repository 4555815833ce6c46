//! The arguments of table functions: literals, which are known when a query is planned.

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::Expr;
use datafusion::scalar::ScalarValue;
use uuid::Uuid;

/// A text.
pub(crate) fn text_literal(usage: &str, argument: &Expr) -> Result<String> {
    let text = match argument {
        Expr::Literal(
            ScalarValue::Utf8(text) | ScalarValue::LargeUtf8(text) | ScalarValue::Utf8View(text),
            _,
        ) => text.clone(),
        _ => None,
    };
    text.ok_or_else(|| {
        DataFusionError::Plan(format!("{argument} is not a text literal, as in {usage}"))
    })
}

/// A UUID, the id of a `what`.
pub(super) fn uuid(usage: &str, what: &str, text: &str) -> Result<Uuid> {
    text.parse().map_err(|_| {
        DataFusionError::Plan(format!("{text:?} is not a {what} id: {usage} takes a UUID"))
    })
}

/// A time in nanoseconds since the Unix epoch: a timestamp, or a text in RFC 3339. Casts of texts
/// to timestamps, which `TIMESTAMP '…'` is, count as literals.
pub(crate) fn time_literal(usage: &str, argument: &Expr) -> Result<i64> {
    let (literal, is_cast) = match argument {
        Expr::Cast(cast) => (cast.expr.as_ref(), true),
        other => (other, false),
    };
    let value = match literal {
        Expr::Literal(value, _) => value,
        _ => return Err(no_time(usage, argument)),
    };
    let zone = Some("+00:00".into());
    let time = value.cast_to(&DataType::Timestamp(TimeUnit::Nanosecond, zone));
    match time {
        Ok(ScalarValue::TimestampNanosecond(Some(ns), _)) if is_cast || !is_number(value) => Ok(ns),
        _ => Err(no_time(usage, argument)),
    }
}

/// A number of whole seconds.
pub(crate) fn seconds_literal(usage: &str, argument: &Expr) -> Result<i64> {
    let seconds = match argument {
        Expr::Literal(value, _) if is_number(value) => match value.cast_to(&DataType::Int64) {
            Ok(ScalarValue::Int64(seconds)) => seconds,
            _ => None,
        },
        _ => None,
    };
    seconds.ok_or_else(|| {
        DataFusionError::Plan(format!("{argument} is no number of seconds, as in {usage}"))
    })
}

fn is_number(value: &ScalarValue) -> bool {
    value.data_type().is_numeric()
}

fn no_time(usage: &str, argument: &Expr) -> DataFusionError {
    DataFusionError::Plan(format!("{argument} is not a time, as in {usage}"))
}
