//! Functions that look into JSONB.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BinaryDictionaryBuilder, StringDictionaryBuilder};
use datafusion::arrow::datatypes::{DataType, Int32Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::scalar::ScalarValue;
use jsonb::RawJsonb;

use super::jsonb_column::{JsonbColumn, is_jsonb, is_text, texts};

/// What a function does with a JSONB value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Operation {
    /// `property_get(properties, name)`: the text of a property; other values as JSON text.
    PropertyGet,
    /// `jsonb_get(value, name)`: the member of an object.
    Get,
    /// `jsonb_format_json(value)`: JSON text.
    FormatJson,
    /// `jsonb_as_string(value)`: the text, if it is a text.
    AsString,
}

impl Operation {
    pub(super) const ALL: &'static [Self] =
        &[Self::PropertyGet, Self::Get, Self::FormatJson, Self::AsString];

    fn name(self) -> &'static str {
        match self {
            Self::PropertyGet => "property_get",
            Self::Get => "jsonb_get",
            Self::FormatJson => "jsonb_format_json",
            Self::AsString => "jsonb_as_string",
        }
    }

    fn takes_name(self) -> bool {
        matches!(self, Self::PropertyGet | Self::Get)
    }

    fn usage(self) -> &'static str {
        match self {
            Self::PropertyGet => "property_get(properties, 'name')",
            Self::Get => "jsonb_get(jsonb, 'name')",
            Self::FormatJson => "jsonb_format_json(jsonb)",
            Self::AsString => "jsonb_as_string(jsonb)",
        }
    }

    fn value_type(self) -> DataType {
        match self {
            Self::Get => DataType::Binary,
            _ => DataType::Utf8,
        }
    }
}

/// One of the functions, as DataFusion calls it. NULL in gives NULL out.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct JsonbFunction {
    operation: Operation,
    signature: Signature,
}

impl JsonbFunction {
    pub(super) fn new(operation: Operation) -> Self {
        let argument_count = if operation.takes_name() { 2 } else { 1 };
        Self { operation, signature: Signature::any(argument_count, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for JsonbFunction {
    fn name(&self) -> &str {
        self.operation.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        let usage = self.operation.usage();
        if !arguments.first().is_some_and(is_jsonb) {
            let message = format!("{usage}: the first argument must be JSONB, such as properties");
            return Err(DataFusionError::Plan(message));
        }
        if self.operation.takes_name() && !arguments.get(1).is_some_and(is_text) {
            return Err(DataFusionError::Plan(format!("{usage}: the name must be a text")));
        }
        let value = Box::new(self.operation.value_type());
        Ok(DataType::Dictionary(Box::new(DataType::Int32), value))
    }

    fn invoke_with_args(&self, call: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let only_scalars = call.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let row_count = if only_scalars { 1 } else { call.number_rows };
        let column = JsonbColumn::try_new(&call.args[0].to_array(row_count)?)?;
        let result = match (self.operation, call.args.get(1)) {
            (Operation::FormatJson, _) => column.map_to_texts(format_json),
            (Operation::AsString, _) => column.map_to_texts(as_string),
            (operation, Some(ColumnarValue::Scalar(name))) => {
                get_one(operation, &column, name.try_as_str().flatten())
            }
            (operation, Some(ColumnarValue::Array(names))) => get_each(operation, &column, names),
            (operation, None) => Err(DataFusionError::Plan(operation.usage().to_owned())),
        }?;
        if only_scalars {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?));
        }
        Ok(ColumnarValue::Array(result))
    }
}

/// The same name for all rows.
fn get_one(operation: Operation, column: &JsonbColumn, name: Option<&str>) -> Result<ArrayRef> {
    match operation {
        Operation::Get => column.map_to_jsonb(|value| member(value, name?, false)),
        _ => column.map_to_texts(|value| property(value, name?)),
    }
}

/// A name for each row.
fn get_each(operation: Operation, column: &JsonbColumn, names: &ArrayRef) -> Result<ArrayRef> {
    let names = texts(names)?;
    let pairs = (0..names.len()).map(|row| {
        let name = names.is_valid(row).then(|| names.value(row))?;
        Some((column.value(row)?, name))
    });
    match operation {
        Operation::Get => {
            let mut builder = BinaryDictionaryBuilder::<Int32Type>::new();
            for pair in pairs {
                builder.append_option(pair.and_then(|(value, name)| member(value, name, false)));
            }
            Ok(Arc::new(builder.finish()))
        }
        _ => {
            let mut builder = StringDictionaryBuilder::<Int32Type>::new();
            for pair in pairs {
                builder.append_option(pair.and_then(|(value, name)| property(value, name)));
            }
            Ok(Arc::new(builder.finish()))
        }
    }
}

fn member(value: &[u8], name: &str, ignore_case: bool) -> Option<Vec<u8>> {
    let member = RawJsonb::new(value).get_by_name(name, ignore_case).ok()??;
    Some(member.to_vec())
}

/// Names of properties are looked up as clients do it: without regard to ASCII case, if there is
/// no exact match.
fn property(value: &[u8], name: &str) -> Option<String> {
    let member = member(value, name, true)?;
    as_string(&member).or_else(|| format_json(&member))
}

fn as_string(value: &[u8]) -> Option<String> {
    RawJsonb::new(value).as_str().ok()?.map(|text| text.into_owned())
}

fn format_json(value: &[u8]) -> Option<String> {
    (!value.is_empty()).then(|| RawJsonb::new(value).to_string())
}
