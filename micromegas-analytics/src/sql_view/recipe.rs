//! How the rows of a view are made: states out of the rows of its source, one state out of many,
//! and the view's rows out of merged states.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, IntervalUnit, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{Aggregate, Expr, LogicalPlan, LogicalPlanBuilder};

use super::parts::{AggregateParts, column};
use super::split::{Split, origin};

/// A day in nanoseconds.
const DAY_NS: i64 = 86_400 * 1_000_000_000;

/// A recipe over one plan of the query. Plans that differ in their source alone have recipes that
/// fit together.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    split: Split,
    /// The names of the columns by which states are grouped.
    keys: Vec<String>,
    parts: Vec<AggregateParts>,
}

/// A column of times of a view that goes with the times of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TimeColumn {
    /// The column of the view.
    pub(crate) name: String,
    /// The column of the source that it is made of.
    pub(crate) source: String,
    /// How long after the view's time an event may be.
    pub(crate) bin_ns: i64,
}

impl Recipe {
    /// The recipe of a query.
    ///
    /// # Errors
    ///
    /// If the query cannot be kept up part by part; the message names what stands in the way.
    pub(crate) fn of(plan: &LogicalPlan) -> Result<Self> {
        let split = Split::of(plan)?;
        let Some(aggregate) = &split.aggregate else {
            return Ok(Self { split, keys: Vec::new(), parts: Vec::new() });
        };
        let mut names = Names::of(&split, aggregate);
        let key_count = aggregate.group_expr.len();
        let keys = (0..key_count).map(|index| names.take(index, "key")).collect();
        let parts = aggregate
            .aggr_expr
            .iter()
            .enumerate()
            .map(|(index, expr)| {
                let name = names.take(key_count + index, "state");
                AggregateParts::of(expr, &aggregate.input, &name)
            })
            .collect::<Result<_>>()?;
        Ok(Self { split, keys, parts })
    }

    /// The name of the table that the query reads.
    pub(crate) fn source(&self) -> &str {
        &self.split.source
    }

    /// Whether states of the same keys have to be merged.
    pub(crate) fn merges(&self) -> bool {
        self.split.aggregate.is_some()
    }

    /// The columns by which states are grouped.
    pub(crate) fn keys(&self) -> &[String] {
        &self.keys
    }

    /// States of the rows of the source.
    pub(crate) fn extract(&self) -> Result<LogicalPlan> {
        let Some(aggregate) = &self.split.aggregate else {
            return unqualified(self.split.plan().clone());
        };
        let expressions = self.parts.iter().flat_map(|parts| &parts.extract);
        let names: Vec<&String> =
            self.keys.iter().chain(expressions.clone().map(|(name, _)| name)).collect();
        // The same aggregate may be a state of several.
        let numbered = expressions.enumerate();
        let states =
            numbered.map(|(index, (_, expr))| expr.clone().alias(format!("state {index}")));
        let states = LogicalPlanBuilder::from(Arc::unwrap_or_clone(Arc::clone(&aggregate.input)))
            .aggregate(aggregate.group_expr.clone(), states.collect::<Vec<_>>())?
            .build()?;
        let columns = states.schema().columns();
        let named =
            columns.into_iter().zip(names).map(|(from, name)| Expr::Column(from).alias(name));
        LogicalPlanBuilder::from(states).project(named.collect::<Vec<_>>())?.build()
    }

    /// One state for all those of the same keys.
    pub(crate) fn merge(&self, states: LogicalPlan) -> Result<LogicalPlan> {
        if !self.merges() {
            return Ok(states);
        }
        let keys = self.keys.iter().map(|name| column(name)).collect::<Vec<_>>();
        let merges = self.parts.iter().flat_map(|parts| parts.merge.iter().cloned());
        let state_names =
            self.parts.iter().flat_map(|parts| parts.extract.iter().map(|(name, _)| name));
        let names: Vec<&String> = self.keys.iter().chain(state_names).collect();
        let types = states.schema().as_arrow().clone();
        let merged = LogicalPlanBuilder::from(states).aggregate(keys, merges)?.build()?;
        let columns = merged.schema().columns();
        let named = columns.into_iter().zip(names).map(|(from, name)| {
            // A sum of sums may be wider than the sum.
            let data_type = types.field_with_name(name)?.data_type().clone();
            let (_, field) = merged.schema().qualified_field_from_column(&from)?;
            let is_same = *field.data_type() == data_type;
            let state = Expr::Column(from);
            let state = if is_same { state } else { datafusion::prelude::cast(state, data_type) };
            Ok(state.alias(name))
        });
        let named = named.collect::<Result<Vec<_>>>()?;
        LogicalPlanBuilder::from(merged).project(named)?.build()
    }

    /// The rows of the view, made of merged states.
    pub(crate) fn finish(&self, merged: LogicalPlan) -> Result<LogicalPlan> {
        let Some(aggregate) = &self.split.aggregate else {
            return Ok(merged);
        };
        let finished = self.parts.iter().filter_map(|parts| parts.finish.clone());
        let values = self.keys.iter().map(|name| column(name)).chain(finished);
        let named = aggregate.schema.iter().zip(values).map(|((qualifier, field), value)| {
            value.alias_qualified(qualifier.cloned(), field.name())
        });
        let rows = LogicalPlanBuilder::from(merged).project(named.collect::<Vec<_>>())?.build()?;
        self.split.with_aggregated(rows)
    }

    /// The column of times of the view, found by what it is made of: a column of times of the
    /// source, or one cut to spans of a fixed length.
    pub(crate) fn time_column(&self) -> Option<TimeColumn> {
        let ns = DataType::Timestamp(TimeUnit::Nanosecond, Some("+00:00".into()));
        let schema = self.split.plan().schema();
        self.outputs().find_map(|(name, expr)| {
            let field = schema.field_with_unqualified_name(&name).ok()?;
            let (source, bin_ns) = binned(&expr).filter(|_| *field.data_type() == ns)?;
            Some(TimeColumn { name, source, bin_ns })
        })
    }

    /// Whether a column of the view is this column of the source, as it is, and a key.
    pub(crate) fn has_key(&self, source_column: &str) -> bool {
        self.outputs().any(|(name, expr)| {
            let is_it = matches!(&expr, Expr::Column(column) if column.name == source_column);
            name == source_column && is_it
        })
    }

    /// Keys that are columns of the view and of the states under the same name, each with what it
    /// is made of in the source; without an aggregation, all columns.
    fn outputs(&self) -> impl Iterator<Item = (String, Expr)> {
        let plan = Arc::new(self.split.plan().clone());
        let columns = plan.schema().columns();
        columns.into_iter().filter_map(move |output| {
            let name = output.name.clone();
            let expr = origin(&Expr::Column(output), &plan)?;
            let Some(aggregate) = &self.split.aggregate else { return Some((name, expr)) };
            let Expr::Column(column) = &expr else { return None };
            let index = aggregate.schema.maybe_index_of_column(column)?;
            let key = aggregate.group_expr.get(index)?;
            (self.keys[index] == name).then_some((name, origin(key, &aggregate.input)?))
        })
    }
}

/// The same rows, with columns that belong to no table.
pub(super) fn unqualified(plan: LogicalPlan) -> Result<LogicalPlan> {
    let columns = plan.schema().columns();
    let named = columns.into_iter().map(|column| {
        let name = column.name.clone();
        Expr::Column(column).alias(name)
    });
    LogicalPlanBuilder::from(plan).project(named.collect::<Vec<_>>())?.build()
}

/// The column of an expression that is a column of times, or cuts one to spans of a fixed length,
/// and that length.
fn binned(expr: &Expr) -> Option<(String, i64)> {
    match expr {
        Expr::Column(column) => Some((column.name.clone(), 1)),
        Expr::ScalarFunction(call) => {
            let (width, time) = (call.args.first()?, call.args.get(1)?);
            let (Expr::Literal(width, _), Expr::Column(time)) = (width, time) else { return None };
            let bin_ns = match call.func.name() {
                "date_bin" => interval_ns(width)?,
                "date_trunc" => unit_ns(width)?,
                _ => return None,
            };
            Some((time.name.clone(), bin_ns))
        }
        _ => None,
    }
}

fn interval_ns(width: &ScalarValue) -> Option<i64> {
    let interval = width.cast_to(&DataType::Interval(IntervalUnit::MonthDayNano)).ok()?;
    let ScalarValue::IntervalMonthDayNano(Some(interval)) = interval else { return None };
    let ns = i64::from(interval.days).checked_mul(DAY_NS)?.checked_add(interval.nanoseconds)?;
    (interval.months == 0 && ns > 0).then_some(ns)
}

/// The length of a unit of time, the longest if lengths differ.
fn unit_ns(unit: &ScalarValue) -> Option<i64> {
    let days = |days: i64| days.checked_mul(DAY_NS);
    match unit.try_as_str()??.to_ascii_lowercase().as_str() {
        "microsecond" => Some(1_000),
        "millisecond" => Some(1_000_000),
        "second" => Some(1_000_000_000),
        "minute" => Some(60 * 1_000_000_000),
        "hour" => Some(3_600 * 1_000_000_000),
        "day" => days(1),
        "week" => days(7),
        "month" => days(31),
        "quarter" => days(92),
        "year" => days(366),
        _ => None,
    }
}

/// Names for columns of states: those of the view's columns where there is one to each.
struct Names {
    of_columns: Vec<Option<String>>,
    taken: HashSet<String>,
}

impl Names {
    fn of(split: &Split, aggregate: &Aggregate) -> Self {
        let mut of_columns: Vec<Option<String>> = vec![None; aggregate.schema.fields().len()];
        let plan = Arc::new(split.plan().clone());
        for output in plan.schema().columns() {
            let name = output.name.clone();
            let below = origin(&Expr::Column(output), &plan);
            let Some(Expr::Column(column)) = below else { continue };
            if let Some(index) = aggregate.schema.maybe_index_of_column(&column) {
                of_columns[index].get_or_insert(name);
            }
        }
        Self { of_columns, taken: HashSet::new() }
    }

    /// The name for a column of the aggregation.
    fn take(&mut self, index: usize, otherwise: &str) -> String {
        let wanted = self.of_columns.get(index).cloned().flatten();
        let mut name = wanted.unwrap_or_else(|| format!("{otherwise}{index}"));
        while !self.taken.insert(name.clone()) {
            name.push('_');
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_a_fixed_length_are_known() {
        let of = |text: &str| interval_ns(&ScalarValue::Utf8(Some(text.to_owned())));
        assert_eq!(of("1 minute"), Some(60_000_000_000));
        assert_eq!(of("1 day 1 second"), Some(DAY_NS + 1_000_000_000));
        assert_eq!(of("1 month"), None);
        assert_eq!(of("-1 hour"), None);
        assert_eq!(unit_ns(&ScalarValue::Utf8(Some("Hour".to_owned()))), Some(3_600_000_000_000));
        assert_eq!(unit_ns(&ScalarValue::Utf8(Some("decade".to_owned()))), None);
    }
}
