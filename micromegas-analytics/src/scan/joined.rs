//! Few large batches out of many small ones.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use futures::stream::{self, Stream, StreamExt};

/// How many batches are joined at most.
const BATCH_COUNT_MAX: usize = 1024;

/// Joins batches that are there at the same time, up to a number of rows: what a plan does with a
/// batch costs the same for one row as for many, and clients that send an event at a time make
/// blocks of one row. Nothing waits for a batch that is not there yet.
pub(crate) fn joined(
    batches: impl Stream<Item = Result<RecordBatch>> + Send + 'static,
    schema: SchemaRef,
    row_count_max: usize,
) -> impl Stream<Item = Result<RecordBatch>> + Send + 'static {
    batches
        .ready_chunks(BATCH_COUNT_MAX)
        .flat_map(move |ready| stream::iter(join(ready, &schema, row_count_max)))
}

/// Joins neighbours; an error stays where it is.
fn join(
    ready: Vec<Result<RecordBatch>>,
    schema: &SchemaRef,
    row_count_max: usize,
) -> Vec<Result<RecordBatch>> {
    let mut out = Vec::new();
    let mut group: Vec<RecordBatch> = Vec::new();
    let mut row_count = 0;
    let end_group = |group: &mut Vec<RecordBatch>, out: &mut Vec<_>| match group.len() {
        0 => {}
        1 => out.extend(group.pop().map(Ok)),
        _ => out.push(concat_batches(schema, &std::mem::take(group)).map_err(Into::into)),
    };
    for batch in ready {
        let rows = batch.as_ref().map_or(0, RecordBatch::num_rows);
        if batch.is_err() || row_count + rows > row_count_max {
            end_group(&mut group, &mut out);
            row_count = 0;
        }
        match batch {
            Ok(batch) => {
                row_count += rows;
                group.push(batch);
            }
            error => out.push(error),
        }
    }
    end_group(&mut group, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array};
    use datafusion::arrow::datatypes::Int64Type;
    use datafusion::error::DataFusionError;

    use super::*;

    fn batch(values: std::ops::Range<i64>) -> RecordBatch {
        let values: ArrayRef = Arc::new(Int64Array::from_iter_values(values));
        RecordBatch::try_from_iter([("value", values)]).unwrap()
    }

    #[test]
    fn neighbours_are_joined_in_order_up_to_the_limit() {
        let ready = vec![
            Ok(batch(0..1)),
            Ok(batch(1..2)),
            Ok(batch(2..100)),
            Ok(batch(100..101)),
            Err(DataFusionError::Internal("fetching failed".into())),
            Ok(batch(101..102)),
        ];
        let schema = batch(0..1).schema();
        let joined = join(ready, &schema, 10);
        let sizes: Vec<_> =
            joined.iter().map(|batch| batch.as_ref().ok().map(RecordBatch::num_rows)).collect();
        assert_eq!(sizes, [Some(2), Some(98), Some(1), None, Some(1)]);
        let values = joined
            .iter()
            .flatten()
            .flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec());
        assert!(values.eq(0..102));
    }
}
