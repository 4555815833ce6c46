//! Leaving out what cannot match, by what is known without reading it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray, StringArray, TimestampNanosecondArray};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, ScalarValue};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;

/// Least and greatest values of columns, for a number of containers (partitions or blocks).
#[derive(Debug, Default)]
pub(crate) struct Bounds {
    container_count: usize,
    columns: HashMap<String, (ArrayRef, ArrayRef)>,
}

impl Bounds {
    /// For this many containers.
    pub(crate) fn new(container_count: usize) -> Self {
        Self { container_count, columns: HashMap::new() }
    }

    /// A time column lies between these nanoseconds; `None` where nothing is known.
    pub(crate) fn with_times(
        mut self,
        column: &str,
        bounds: impl Iterator<Item = Option<(i64, i64)>>,
    ) -> Self {
        let (least, greatest): (Vec<_>, Vec<_>) =
            bounds.map(|bounds| (bounds.map(|b| b.0), bounds.map(|b| b.1))).unzip();
        let array = |values: Vec<Option<i64>>| -> ArrayRef {
            Arc::new(TimestampNanosecondArray::from(values).with_timezone("+00:00"))
        };
        self.columns.insert(column.to_owned(), (array(least), array(greatest)));
        self
    }

    /// A text column has one value in each container.
    pub(crate) fn with_texts<T: AsRef<str>>(
        mut self,
        column: &str,
        values: impl Iterator<Item = T>,
    ) -> Self {
        let values: ArrayRef = Arc::new(StringArray::from_iter_values(values));
        self.columns.insert(column.to_owned(), (Arc::clone(&values), values));
        self
    }

    /// For each container, whether the predicate may be true in it. When in doubt, it may.
    pub(crate) fn may_match(
        &self,
        predicate: &Arc<dyn PhysicalExpr>,
        schema: &SchemaRef,
    ) -> Vec<bool> {
        let keep_all = || vec![true; self.container_count];
        if self.container_count == 0 {
            return Vec::new();
        }
        let pruning = PruningPredicateBuilder::new()
            .with_file_schema(Arc::clone(schema))
            .try_build(Arc::clone(predicate));
        match pruning {
            Ok(pruning) => pruning.prune(self).unwrap_or_else(|_| keep_all()),
            Err(_) => keep_all(),
        }
    }
}

impl PruningStatistics for Bounds {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.columns.get(column.name()).map(|bounds| Arc::clone(&bounds.0))
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.columns.get(column.name()).map(|bounds| Arc::clone(&bounds.1))
    }

    fn num_containers(&self) -> usize {
        self.container_count
    }

    fn null_counts(&self, _column: &Column) -> Option<ArrayRef> {
        None
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        None
    }

    fn contained(&self, _column: &Column, _values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
