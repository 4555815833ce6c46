//! What tables are made of: documented columns, and the arrays that fill them.

mod constant;
mod definition;
mod properties;
mod strings;

pub(crate) use constant::{ConstantColumn, constant_timestamp};
pub(crate) use definition::schema_of;
pub use definition::{Column, ColumnKind, TableDoc};
pub(crate) use properties::{jsonb_object, property_dictionary};
pub(crate) use strings::{dictionary, string_values, text, timestamps};
