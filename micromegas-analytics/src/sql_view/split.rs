//! A query taken apart where it aggregates, or the reason why it cannot be kept up part by part.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Aggregate, Expr, LogicalPlan, Volatility};

/// A query over one table: what is below its aggregation, and what is above it.
#[derive(Debug, Clone)]
pub(super) struct Split {
    /// The whole plan.
    plan: LogicalPlan,
    /// The aggregation in it, if there is one.
    pub(super) aggregate: Option<Aggregate>,
    /// The table that it reads.
    pub(super) source: String,
}

/// An error that names what a view cannot have, and says what to do.
pub(super) fn refused(what: impl AsRef<str>, instead: &str) -> DataFusionError {
    DataFusionError::Plan(format!(
        "a materialized view cannot have {}, because it is kept up part by part: {instead}",
        what.as_ref()
    ))
}

impl Split {
    /// Takes a plan apart.
    ///
    /// # Errors
    ///
    /// If the rows of the query over everything do not follow from those over its parts.
    pub(super) fn of(plan: &LogicalPlan) -> Result<Self> {
        check_expressions(plan)?;
        let (mut node, mut aggregate) = (plan, None);
        let source = loop {
            node = match node {
                LogicalPlan::Projection(projection) => &projection.input,
                LogicalPlan::SubqueryAlias(alias) => &alias.input,
                LogicalPlan::Filter(filter) => &filter.input,
                // A view has no order; whoever reads it says which one he wants.
                LogicalPlan::Sort(sort) if sort.fetch.is_none() => &sort.input,
                LogicalPlan::Aggregate(inner) if aggregate.is_none() => {
                    aggregate = Some(inner.clone());
                    &inner.input
                }
                LogicalPlan::TableScan(scan) => break scan.table_name.table().to_owned(),
                other => return Err(refusal(other)),
            };
        };
        Ok(Self { plan: plan.clone(), aggregate, source })
    }

    /// The plan with other rows in the place of what the aggregation gives; without an aggregation,
    /// those rows.
    pub(super) fn with_aggregated(&self, rows: LogicalPlan) -> Result<LogicalPlan> {
        if self.aggregate.is_none() {
            return Ok(rows);
        }
        let mut rows = Some(rows);
        let replaced = self.plan.clone().transform_down(|node| match (&node, rows.take()) {
            (LogicalPlan::Aggregate(_), Some(rows)) => {
                Ok(Transformed::new(rows, true, TreeNodeRecursion::Stop))
            }
            (_, kept) => {
                rows = kept;
                Ok(Transformed::no(node))
            }
        })?;
        Ok(replaced.data)
    }

    /// The whole query.
    pub(super) fn plan(&self) -> &LogicalPlan {
        &self.plan
    }
}

/// Why a node cannot be in a view.
fn refusal(node: &LogicalPlan) -> DataFusionError {
    match node {
        LogicalPlan::Aggregate(_) => {
            refused("an aggregation of an aggregation", "make the outer one when you read the view")
        }
        LogicalPlan::Window(_) => refused("a window function", "use it when you read the view"),
        LogicalPlan::Distinct(_) => refused("DISTINCT", "group by the columns"),
        LogicalPlan::Limit(_) | LogicalPlan::Sort(_) => {
            refused("LIMIT", "limit the rows when you read the view")
        }
        LogicalPlan::Join(_) => {
            refused("a join", "join when you read the view, or select from one table alone")
        }
        LogicalPlan::Union(_) => refused("UNION", "make a view of each part"),
        LogicalPlan::Unnest(_) => refused("unnest", "use it when you read the view"),
        LogicalPlan::Values(_) | LogicalPlan::EmptyRelation(_) => {
            refused("rows of its own", "select from one table of events, such as log_entries")
        }
        other => refused(
            other.display().to_string(),
            "use SELECT … FROM one table … WHERE … GROUP BY … only",
        ),
    }
}

/// Refuses expressions whose values do not follow from the row alone, or are not mergeable.
fn check_expressions(plan: &LogicalPlan) -> Result<()> {
    plan.apply(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                check_expression(expr)?;
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    Ok(())
}

fn check_expression(expr: &Expr) -> Result<()> {
    match expr {
        Expr::ScalarFunction(call) => {
            let volatility = call.func.signature().volatility;
            if volatility != Volatility::Immutable {
                let name = call.func.name();
                return Err(refused(
                    format!("{name}()"),
                    "its value depends on when or how often it is asked for; use it when you read \
                     the view",
                ));
            }
        }
        Expr::AggregateFunction(call) if call.params.distinct => {
            return Err(refused(
                format!("{}(DISTINCT …)", call.func.name()),
                "group by the values, and count the rows when you read the view",
            ));
        }
        Expr::WindowFunction(call) => {
            let name = call.fun.name();
            return Err(refused(
                format!("the window function {name}()"),
                "use it when you read the view",
            ));
        }
        Expr::ScalarSubquery(_) | Expr::InSubquery(_) | Expr::Exists(_) => {
            return Err(refused("a subquery in an expression", "use it when you read the view"));
        }
        Expr::GroupingSet(_) => {
            return Err(refused(
                "GROUPING SETS, ROLLUP or CUBE",
                "group by all of the columns, and group the view's rows when you read it",
            ));
        }
        _ => {}
    }
    Ok(())
}

/// An expression over the rows of a plan as one over the rows of the aggregation or table below,
/// without names.
pub(super) fn origin(expr: &Expr, plan: &Arc<LogicalPlan>) -> Option<Expr> {
    let expr = expr.clone().unalias();
    let found = match &**plan {
        LogicalPlan::TableScan(_) | LogicalPlan::Aggregate(_) => return Some(expr),
        LogicalPlan::SubqueryAlias(alias) => return origin(&expr, &alias.input),
        LogicalPlan::Filter(filter) => return origin(&expr, &filter.input),
        LogicalPlan::Sort(sort) => return origin(&expr, &sort.input),
        LogicalPlan::Projection(projection) => expr.transform(|inner| {
            let Expr::Column(column) = &inner else { return Ok(Transformed::no(inner)) };
            let index = projection.schema.maybe_index_of_column(column);
            let below = index.and_then(|index| projection.expr.get(index));
            let below = below.cloned().map(Expr::unalias);
            // What it stands for is of the rows below, and not looked at again here.
            Ok(match below {
                Some(below) => Transformed::new(below, true, TreeNodeRecursion::Jump),
                None => Transformed::no(inner),
            })
        }),
        _ => return None,
    };
    let LogicalPlan::Projection(projection) = &**plan else { return None };
    origin(&found.ok()?.data, &projection.input)
}
