//! Aggregates as states that can be merged: what is taken out of rows, how states become one, and
//! what the aggregate is in the end.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::Column;
use datafusion::error::Result;
use datafusion::functions_aggregate::expr_fn::{count, sum};
use datafusion::logical_expr::expr::{AggregateFunction, AggregateFunctionParams, Sort};
use datafusion::logical_expr::{AggregateUDF, Expr, ExprSchemable, LogicalPlan, cast, lit};

use super::split::refused;
use crate::histogram::histogram_aggregates;

/// How one aggregate is kept.
#[derive(Debug, Clone, Default)]
pub(super) struct AggregateParts {
    /// Aggregates over rows, each with the name of its column of states.
    pub(super) extract: Vec<(String, Expr)>,
    /// Aggregates over columns of states, with the same names.
    pub(super) merge: Vec<Expr>,
    /// The aggregate, over columns of merged states.
    pub(super) finish: Option<Expr>,
}

/// A column without a table.
pub(super) fn column(name: &str) -> Expr {
    Expr::Column(Column::new_unqualified(name))
}

fn call(function: &std::sync::Arc<AggregateUDF>, params: AggregateFunctionParams) -> Expr {
    Expr::AggregateFunction(AggregateFunction { func: std::sync::Arc::clone(function), params })
}

fn of_column(name: &str) -> AggregateFunctionParams {
    AggregateFunctionParams {
        args: vec![column(name)],
        distinct: false,
        filter: None,
        order_by: Vec::new(),
        null_treatment: None,
    }
}

/// One of ours, by its name.
fn merging_histograms() -> Option<std::sync::Arc<AggregateUDF>> {
    let ours = histogram_aggregates().into_iter();
    ours.map(std::sync::Arc::new).find(|f| f.name() == "merge_exponential_histograms")
}

impl AggregateParts {
    /// The parts of an aggregate over the rows of a plan. `name` is that of its column, or the
    /// begin of the names of its columns.
    ///
    /// # Errors
    ///
    /// If the aggregate does not follow from states of limited size.
    pub(super) fn of(aggregate: &Expr, input: &LogicalPlan, name: &str) -> Result<Self> {
        let whole = aggregate.clone().unalias();
        let Expr::AggregateFunction(AggregateFunction { func, params }) = &whole else {
            return Err(refused(whole.to_string(), "use aggregates alone beside the keys"));
        };
        let result_type = whole.get_type(input.schema())?;
        let function = func.name();
        if params.null_treatment.is_some() {
            let instead = "leave NULL out with FILTER (WHERE … IS NOT NULL)";
            return Err(refused(format!("{function}() with IGNORE or RESPECT NULLS"), instead));
        }
        let is_ordered = matches!(function, "first_value" | "last_value");
        if !is_ordered && !params.order_by.is_empty() {
            return Err(refused(format!("{function}(… ORDER BY …)"), "leave the ORDER BY out"));
        }
        let same = || vec![(name.to_owned(), whole.clone())];
        match function {
            "count" => Ok(Self {
                extract: same(),
                merge: vec![sum(column(name))],
                // Without keys there is one row, even where no part has any.
                finish: Some(or_zero(column(name), &result_type)),
            }),
            "sum" => Ok(Self {
                extract: same(),
                merge: vec![sum(column(name))],
                finish: Some(cast(column(name), result_type)),
            }),
            "min" | "max" | "bool_and" | "bool_or" | "bit_and" | "bit_or" | "bit_xor" => Ok(Self {
                extract: same(),
                merge: vec![call(func, of_column(name))],
                finish: Some(column(name)),
            }),
            "avg" if result_type == DataType::Float64 => Ok(Self::average(params, name)),
            "avg" => Err(refused(
                format!("avg() of {result_type}"),
                "keep sum(…) and count(…), and divide when you read the view",
            )),
            "first_value" | "last_value" if params.order_by.is_empty() => Err(refused(
                format!("{function}() without ORDER BY"),
                "say by what it is the first or last, such as last_value(x ORDER BY time)",
            )),
            "first_value" | "last_value" => Ok(Self::ordered(func, params, name)),
            "exponential_histogram" | "merge_exponential_histograms" => {
                let merge = merging_histograms().map(|merge| call(&merge, of_column(name)));
                Ok(Self {
                    extract: same(),
                    merge: merge.into_iter().collect(),
                    finish: Some(column(name)),
                })
            }
            _ => Err(refused(format!("{function}()"), hint(function))),
        }
    }

    /// The sum and the count.
    fn average(params: &AggregateFunctionParams, name: &str) -> Self {
        let (sum_name, count_name) = (format!("{name}_sum"), format!("{name}_count"));
        let of = |args: Vec<Expr>, function: Expr| match function {
            Expr::AggregateFunction(mut inner) => {
                inner.params.args = args;
                inner.params.filter.clone_from(&params.filter);
                Expr::AggregateFunction(inner)
            }
            other => other,
        };
        let value = params.args.first().cloned().unwrap_or_else(|| lit(1));
        let total = of(vec![cast(value.clone(), DataType::Float64)], sum(lit(0)));
        let number = of(vec![value], count(lit(0)));
        Self {
            extract: vec![(sum_name.clone(), total), (count_name.clone(), number)],
            merge: vec![sum(column(&sum_name)), sum(column(&count_name))],
            finish: Some(column(&sum_name) / cast(column(&count_name), DataType::Float64)),
        }
    }

    /// The value and everything by which it is the first or last; of several values that are equal
    /// in this, the least is the first and the greatest is the last.
    fn ordered(
        function: &std::sync::Arc<AggregateUDF>,
        params: &AggregateFunctionParams,
        name: &str,
    ) -> Self {
        let number_name = format!("{name}_number");
        let value = params.args.first().cloned().unwrap_or_else(|| lit(1));
        let mut order = params.order_by.clone();
        if !order.iter().any(|sort| sort.expr == value) {
            order.push(Sort::new(value.clone(), true, false));
        }
        // The columns of states: the value, and the keys of the order that are not the value.
        let mut names = Vec::new();
        let mut kept = vec![(name.to_owned(), value.clone())];
        for (index, sort) in order.iter().enumerate() {
            if sort.expr == value {
                names.push(name.to_owned());
                continue;
            }
            let key = format!("{name}_key{index}");
            kept.push((key.clone(), sort.expr.clone()));
            names.push(key);
        }
        let merged_order: Vec<Sort> = order
            .iter()
            .zip(&names)
            .map(|(sort, name)| Sort::new(column(name), sort.asc, sort.nulls_first))
            .collect();
        let mut parts = Self { finish: Some(column(name)), ..Self::default() };
        for (name, expr) in kept {
            let extract = AggregateFunctionParams {
                args: vec![expr],
                order_by: order.clone(),
                ..params.clone()
            };
            // Parts in which nothing passes the filter do not count.
            let merge = AggregateFunctionParams {
                filter: Some(Box::new(column(&number_name).gt(lit(0_i64)))),
                order_by: merged_order.clone(),
                ..of_column(&name)
            };
            parts.extract.push((name, call(function, extract)));
            parts.merge.push(call(function, merge));
        }
        let number = match count(lit(1_i64)) {
            Expr::AggregateFunction(mut inner) => {
                inner.params.filter.clone_from(&params.filter);
                Expr::AggregateFunction(inner)
            }
            other => other,
        };
        parts.extract.push((number_name.clone(), number));
        parts.merge.push(sum(column(&number_name)));
        parts
    }
}

fn or_zero(expr: Expr, data_type: &DataType) -> Expr {
    let zero = cast(lit(0_i64), data_type.clone());
    datafusion::prelude::coalesce(vec![cast(expr, data_type.clone()), zero])
}

/// What may be used in the place of an aggregate.
fn hint(function: &str) -> &'static str {
    match function {
        "median"
        | "approx_median"
        | "approx_percentile_cont"
        | "percentile_cont"
        | "approx_percentile_cont_with_weight" => {
            "keep exponential_histogram(…), and ask exponential_histogram_quantile when you read \
             the view"
        }
        "approx_distinct" => "group by the values, and count the rows when you read the view",
        "stddev" | "stddev_pop" | "stddev_samp" | "var" | "var_pop" | "var_samp" | "var_sample" => {
            "keep count(x), sum(x) and sum(x * x)"
        }
        "array_agg" | "string_agg" => "group by the values, and gather them when you read the view",
        _ => {
            "use count, sum, min, max, avg, bool_and, bool_or, bit_and, bit_or, bit_xor, \
             first_value, last_value and exponential_histogram"
        }
    }
}
