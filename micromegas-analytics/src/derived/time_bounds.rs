//! What filters say about a column of times.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Between, BinaryExpr, Expr, Operator};

/// Least and greatest nanoseconds that a column may have, where the filters bound it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct TimeBounds {
    pub(crate) least: Option<i64>,
    pub(crate) greatest: Option<i64>,
}

impl TimeBounds {
    /// Of a column, by comparisons with literals that all hold. Whatever else there is only makes
    /// the bounds wider than they could be.
    pub(crate) fn of(filters: &[Expr], column: &str) -> Self {
        let mut bounds = Self::default();
        for filter in filters.iter().flat_map(split_conjunction) {
            match filter {
                Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
                    if let (true, Some(ns)) = (is_column(left, column), nanoseconds(right)) {
                        bounds.narrow(*op, ns);
                    } else if let (Some(ns), true, Some(op)) =
                        (nanoseconds(left), is_column(right, column), op.swap())
                    {
                        bounds.narrow(op, ns);
                    }
                }
                Expr::Between(Between { expr, negated: false, low, high })
                    if is_column(expr, column) =>
                {
                    if let Some(ns) = nanoseconds(low) {
                        bounds.narrow(Operator::GtEq, ns);
                    }
                    if let Some(ns) = nanoseconds(high) {
                        bounds.narrow(Operator::LtEq, ns);
                    }
                }
                _ => {}
            }
        }
        bounds
    }

    fn narrow(&mut self, op: Operator, ns: i64) {
        if matches!(op, Operator::Eq | Operator::Gt | Operator::GtEq) {
            self.least = Some(self.least.map_or(ns, |least| least.max(ns)));
        }
        if matches!(op, Operator::Eq | Operator::Lt | Operator::LtEq) {
            self.greatest = Some(self.greatest.map_or(ns, |greatest| greatest.min(ns)));
        }
    }
}

fn is_column(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::Column(column) if column.name == name)
}

fn nanoseconds(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Literal(ScalarValue::TimestampNanosecond(ns, _), _) => *ns,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::{col, lit};

    use super::*;

    fn at(ns: i64) -> Expr {
        lit(ScalarValue::TimestampNanosecond(Some(ns), Some("+00:00".into())))
    }

    fn bounds(filters: &[Expr]) -> (Option<i64>, Option<i64>) {
        let TimeBounds { least, greatest } = TimeBounds::of(filters, "t");
        (least, greatest)
    }

    #[test]
    fn comparisons_that_all_hold_narrow_the_bounds() {
        assert_eq!(bounds(&[col("t").gt(at(5)), col("t").lt_eq(at(9))]), (Some(5), Some(9)));
        assert_eq!(bounds(&[at(5).lt(col("t")).and(at(9).gt_eq(col("t")))]), (Some(5), Some(9)));
        assert_eq!(
            bounds(&[col("t").between(at(5), at(9)), col("t").gt(at(7))]),
            (Some(7), Some(9))
        );
        assert_eq!(bounds(&[col("t").eq(at(5))]), (Some(5), Some(5)));
    }

    #[test]
    fn everything_else_leaves_them_open() {
        assert_eq!(bounds(&[col("t").gt(at(5)).or(col("x").eq(lit(1)))]), (None, None));
        assert_eq!(bounds(&[col("u").gt(at(5)), col("t").not_eq(at(5))]), (None, None));
        assert_eq!(bounds(&[col("t").not_between(at(5), at(9))]), (None, None));
    }
}
