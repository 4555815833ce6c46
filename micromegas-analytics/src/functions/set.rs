//! All scalar functions of this crate.

use datafusion::logical_expr::ScalarUDF;

use super::jsonb_function::{JsonbFunction, Operation};

/// All scalar functions, ready to be registered.
pub(crate) fn scalar_functions() -> Vec<ScalarUDF> {
    Operation::ALL.iter().map(|operation| ScalarUDF::from(JsonbFunction::new(*operation))).collect()
}
