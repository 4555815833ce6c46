//! Members of events, out of JSONB.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, StringDictionaryBuilder, UInt64Array,
};
use datafusion::arrow::datatypes::{DataType, Int32Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use jsonb::{OwnedJsonb, RawJsonb};

use super::types::FieldKind;

/// The value of one member in a column of JSONB objects; NULL where there is none.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Member {
    name: String,
    kind: FieldKind,
    signature: Signature,
}

/// A function from a column of JSONB objects to a member's values.
pub(super) fn member_function(name: &str, kind: FieldKind) -> ScalarUDF {
    let signature = Signature::any(1, Volatility::Immutable);
    ScalarUDF::from(Member { name: name.to_owned(), kind, signature })
}

impl ScalarUDFImpl for Member {
    fn name(&self) -> &str {
        "event_member"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(match self.kind {
            FieldKind::Unsigned => DataType::UInt64,
            FieldKind::Signed => DataType::Int64,
            FieldKind::Float => DataType::Float64,
            FieldKind::Bool => DataType::Boolean,
            FieldKind::Text => {
                DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
            }
        })
    }

    fn invoke_with_args(&self, call: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let column = call.args[0].to_array(call.number_rows)?;
        let objects = column
            .as_dictionary_opt::<Int32Type>()
            .and_then(|column| Some((column, column.values().as_binary_opt::<i32>()?)))
            .ok_or_else(|| DataFusionError::Internal("events have no fields".to_owned()))?;
        let (column, values) = objects;
        let rows = (0..column.len()).map(|row| {
            let object = column.key(row).map(|key| values.value(key))?;
            RawJsonb::new(object).get_by_name(&self.name, false).ok().flatten()
        });
        let array: ArrayRef = match self.kind {
            FieldKind::Unsigned => {
                Arc::new(rows.map(|value| value?.as_raw().as_u64().ok()?).collect::<UInt64Array>())
            }
            FieldKind::Signed => {
                Arc::new(rows.map(|value| value?.as_raw().as_i64().ok()?).collect::<Int64Array>())
            }
            FieldKind::Float => {
                Arc::new(rows.map(|value| float(&value?)).collect::<Float64Array>())
            }
            FieldKind::Bool => Arc::new(
                rows.map(|value| value?.as_raw().as_bool().ok()?).collect::<BooleanArray>(),
            ),
            FieldKind::Text => {
                let mut builder = StringDictionaryBuilder::<Int32Type>::new();
                rows.for_each(|value| builder.append_option(value.and_then(|value| text(&value))));
                Arc::new(builder.finish())
            }
        };
        Ok(ColumnarValue::Array(array))
    }
}

/// A number, or one of those that JSON does not have, which are texts.
fn float(value: &OwnedJsonb) -> Option<f64> {
    let value = value.as_raw();
    value.as_f64().ok().flatten().or_else(|| value.as_str().ok()??.parse().ok())
}

fn text(value: &OwnedJsonb) -> Option<String> {
    let value = value.as_raw();
    match value.as_str() {
        Ok(Some(text)) => Some(text.into_owned()),
        _ if value.is_null().unwrap_or(false) => None,
        _ => Some(value.to_string()),
    }
}
