//! Scalar functions over properties and other JSONB values.

mod jsonb_column;
mod jsonb_function;
mod set;

pub(crate) use set::scalar_functions;
