//! Histograms as rows of a struct column.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int32Array, ListArray, StructArray, UInt64Array,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field, Fields, Float64Type, Int32Type, UInt64Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::scalar::ScalarValue;

use super::buckets::{BUCKET_COUNT_MAX, Buckets};
use super::exponential::ExponentialHistogram;
use super::index::SCALE_MAX;

static FIELDS: LazyLock<Fields> = LazyLock::new(|| {
    let counts = || DataType::List(Arc::new(Field::new("count", DataType::UInt64, false)));
    Fields::from(vec![
        Field::new("scale", DataType::Int32, false),
        Field::new("count", DataType::UInt64, false),
        Field::new("sum", DataType::Float64, false),
        Field::new("min", DataType::Float64, true),
        Field::new("max", DataType::Float64, true),
        Field::new("zero_count", DataType::UInt64, false),
        Field::new("positive_offset", DataType::Int32, false),
        Field::new("positive_counts", counts(), false),
        Field::new("negative_offset", DataType::Int32, false),
        Field::new("negative_counts", counts(), false),
    ])
});

/// The type of histograms: `Struct{scale, count, sum, min, max, zero_count, positive_offset,
/// positive_counts, negative_offset, negative_counts}`. A bucket at the place `i` of a list has the
/// index `offset + i`.
pub(crate) fn histogram_type() -> DataType {
    DataType::Struct(FIELDS.clone())
}

/// A histogram as a value.
pub(super) fn write(histogram: &ExponentialHistogram) -> Result<ScalarValue> {
    let (min, max) = histogram.bounds.unzip();
    let counts = |buckets: &Buckets| -> Result<ArrayRef> {
        let field = Arc::new(Field::new("count", DataType::UInt64, false));
        let values = Arc::new(UInt64Array::from(buckets.counts.clone()));
        let offsets = OffsetBuffer::from_lengths([buckets.counts.len()]);
        Ok(Arc::new(ListArray::try_new(field, offsets, values, None)?))
    };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![histogram.scale])),
        Arc::new(UInt64Array::from(vec![histogram.count])),
        Arc::new(Float64Array::from(vec![histogram.sum])),
        Arc::new(Float64Array::from(vec![min])),
        Arc::new(Float64Array::from(vec![max])),
        Arc::new(UInt64Array::from(vec![histogram.zero_count])),
        Arc::new(Int32Array::from(vec![histogram.positive.offset])),
        counts(&histogram.positive)?,
        Arc::new(Int32Array::from(vec![histogram.negative.offset])),
        counts(&histogram.negative)?,
    ];
    let row = StructArray::try_new(FIELDS.clone(), columns, None)?;
    Ok(ScalarValue::Struct(Arc::new(row)))
}

/// The histogram of a row; none where it is NULL. What no histogram of ours looks like is refused.
pub(super) fn read(column: &ArrayRef, row: usize) -> Result<Option<ExponentialHistogram>> {
    let invalid =
        || DataFusionError::Execution("a value is not an exponential histogram".to_owned());
    let rows = column.as_struct_opt().ok_or_else(invalid)?;
    if rows.is_null(row) {
        return Ok(None);
    }
    let field = |name: &str| rows.column_by_name(name).ok_or_else(invalid);
    let int = |name| {
        Ok::<_, DataFusionError>(
            field(name)?.as_primitive_opt::<Int32Type>().ok_or_else(invalid)?.value(row),
        )
    };
    let count = |name| {
        Ok::<_, DataFusionError>(
            field(name)?.as_primitive_opt::<UInt64Type>().ok_or_else(invalid)?.value(row),
        )
    };
    let float = |name| {
        let column = field(name)?.as_primitive_opt::<Float64Type>().ok_or_else(invalid)?;
        Ok::<_, DataFusionError>(column.is_valid(row).then(|| column.value(row)))
    };
    let buckets = |offset, counts| {
        let lists = field(counts)?.as_list_opt::<i32>().ok_or_else(invalid)?;
        let list = lists.value(row);
        let counts = list.as_primitive_opt::<UInt64Type>().ok_or_else(invalid)?;
        if counts.len() > BUCKET_COUNT_MAX || counts.null_count() > 0 {
            return Err(invalid());
        }
        Ok(Buckets { offset: int(offset)?, counts: counts.values().to_vec() })
    };
    let scale = int("scale")?;
    if !(-11..=SCALE_MAX).contains(&scale) {
        return Err(invalid());
    }
    Ok(Some(ExponentialHistogram {
        scale,
        count: count("count")?,
        sum: float("sum")?.ok_or_else(invalid)?,
        bounds: float("min")?.zip(float("max")?),
        zero_count: count("zero_count")?,
        positive: buckets("positive_offset", "positive_counts")?,
        negative: buckets("negative_offset", "negative_counts")?,
    }))
}
