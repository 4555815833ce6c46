//! Which columns of a table rules act on.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::error::Result;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use micromegas_lakehouse::Redaction;

use super::exec::RedactExec;
use super::value::Content;
use crate::columns::ColumnKind;

/// Columns of bytes that hold lists of what has attributes.
const ATTRIBUTED: [&str; 2] = ["events", "links"];

/// Rules, and the columns of a table that they may change.
#[derive(Debug)]
pub(crate) struct Redactor<'a> {
    rules: &'a Redaction,
    schema: &'a Schema,
}

impl<'a> Redactor<'a> {
    /// `None` if the rules change nothing in a table of this schema.
    pub(crate) fn of(rules: &'a Redaction, schema: &'a Schema) -> Option<Self> {
        let concerns = schema.fields().iter().any(|field| content(field).is_some());
        (concerns && !rules.is_empty()).then_some(Self { rules, schema })
    }

    /// The conditions that the rules have no say in. The others mean the values after the rules,
    /// which a scan does not see.
    pub(crate) fn conditions_of_scan(&self, filters: &[Expr]) -> Vec<Expr> {
        filters.iter().filter(|filter| !self.concerns(filter)).cloned().collect()
    }

    fn concerns(&self, filter: &Expr) -> bool {
        filter.column_refs().iter().any(|column| {
            let field = self.schema.field_with_name(column.name());
            // A condition on what is not known here stays out, too.
            !field.is_ok_and(|field| content(field).is_none())
        })
    }

    /// The rows of a scan with the rules applied.
    pub(crate) fn over(&self, rows: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = rows.schema();
        let contents: Vec<_> = schema.fields().iter().map(|field| content(field)).collect();
        Ok(match contents.iter().any(Option::is_some) {
            true => Arc::new(RedactExec::new(rows, self.rules.clone(), contents.into())),
            false => rows,
        })
    }
}

/// What of a column is properties.
fn content(field: &Field) -> Option<Content> {
    if *field.data_type() == ColumnKind::Properties.data_type() {
        return Some(Content::Properties);
    }
    let is_attributed =
        *field.data_type() == DataType::Binary && ATTRIBUTED.contains(&field.name().as_str());
    is_attributed.then_some(Content::Attributed)
}
