//! All scalar functions of this crate.

use datafusion::logical_expr::ScalarUDF;

use crate::histogram::quantile_function;

use super::jsonb_function::{JsonbFunction, Operation};

/// All scalar functions, ready to be registered.
pub(crate) fn scalar_functions() -> Vec<ScalarUDF> {
    let jsonb = Operation::ALL.iter();
    let jsonb = jsonb.map(|operation| ScalarUDF::from(JsonbFunction::new(*operation)));
    jsonb.chain([quantile_function()]).collect()
}
