//! Quantiles of a histogram.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::scalar::ScalarValue;

use super::arrays::{histogram_type, read};
use super::exponential::ExponentialHistogram;
use super::index::upper_bound;

impl ExponentialHistogram {
    /// The value below or at which the fraction `q` of all values lies: the upper bound, by
    /// magnitude, of the bucket that holds it, and within what was seen. None without values, and
    /// for a `q` that is not between 0 and 1.
    fn quantile(&self, q: f64) -> Option<f64> {
        let (min, max) = self.bounds?;
        if !(0.0..=1.0).contains(&q) {
            return None;
        }
        let rank = (q * self.count as f64).ceil().max(1.0) as u64;
        let negative = self.negative.iter().rev().map(|(i, n)| (-upper_bound(i, self.scale), n));
        let positive = self.positive.iter().map(|(i, n)| (upper_bound(i, self.scale), n));
        let mut seen = 0_u64;
        for (value, count) in negative.chain([(0.0, self.zero_count)]).chain(positive) {
            seen = seen.saturating_add(count);
            if seen >= rank {
                return Some(value.clamp(min, max));
            }
        }
        Some(max)
    }
}

/// `exponential_histogram_quantile(histogram, q)`.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Quantile {
    signature: Signature,
}

/// `exponential_histogram_quantile(histogram, q)`: the value below which the fraction `q` lies.
pub(crate) fn quantile_function() -> ScalarUDF {
    let arguments = vec![histogram_type(), DataType::Float64];
    ScalarUDF::from(Quantile { signature: Signature::exact(arguments, Volatility::Immutable) })
}

impl ScalarUDFImpl for Quantile {
    fn name(&self) -> &str {
        "exponential_histogram_quantile"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, call: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let only_scalars = call.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let row_count = if only_scalars { 1 } else { call.number_rows };
        let histograms = call.args[0].to_array(row_count)?;
        let quantiles = cast(&call.args[1].to_array(row_count)?, &DataType::Float64)?;
        let quantiles = quantiles.as_primitive::<Float64Type>();
        let values = (0..row_count)
            .map(|row| {
                let q = quantiles.is_valid(row).then(|| quantiles.value(row));
                Ok(q.zip(read(&histograms, row)?).and_then(|(q, histogram)| histogram.quantile(q)))
            })
            .collect::<Result<Float64Array>>()?;
        let values: ArrayRef = Arc::new(values);
        match only_scalars {
            true => Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&values, 0)?)),
            false => Ok(ColumnarValue::Array(values)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_off_by_the_width_of_a_bucket_at_most() {
        let mut histogram = ExponentialHistogram::default();
        (-500..=500).for_each(|value| histogram.record(f64::from(value)));
        let width = 2f64.powf(2f64.powi(-histogram.scale));
        assert!(width < 1.1, "{width}");
        for (q, exact) in
            [(0.0, -500.0), (0.25, -250.0), (0.75, 250.0), (0.99, 490.0), (1.0, 500.0)]
        {
            let value: f64 = histogram.quantile(q).unwrap();
            let ratio = value / exact;
            assert!((1.0 / width..=width).contains(&ratio), "{q}: {value} for {exact}");
        }
        assert_eq!(histogram.quantile(0.5), Some(0.0));
        assert_eq!(histogram.quantile(1.5), None);
        assert_eq!(histogram.quantile(f64::NAN), None);
        assert_eq!(ExponentialHistogram::default().quantile(0.5), None);
    }
}
