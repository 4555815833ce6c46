//! The aggregate functions that make and merge histograms.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::function::AccumulatorArgs;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility,
};
use datafusion::scalar::ScalarValue;

use super::arrays::{histogram_type, read, write};
use super::exponential::ExponentialHistogram;

/// `exponential_histogram(value)` and `merge_exponential_histograms(histogram)`.
pub(crate) fn histogram_aggregates() -> Vec<AggregateUDF> {
    let function = |name, input: DataType, merges| {
        let signature = Signature::exact(vec![input], Volatility::Immutable);
        AggregateUDF::from(Function { name, merges, signature })
    };
    vec![
        function("exponential_histogram", DataType::Float64, false),
        function("merge_exponential_histograms", histogram_type(), true),
    ]
}

/// An aggregate function whose state and result are a histogram.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Function {
    name: &'static str,
    /// Whether its input is histograms, not values.
    merges: bool,
    signature: Signature,
}

impl AggregateUDFImpl for Function {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(histogram_type())
    }

    fn accumulator(&self, _arguments: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let histogram = ExponentialHistogram::default();
        Ok(Box::new(HistogramAccumulator { merges: self.merges, histogram }))
    }
}

#[derive(Debug)]
struct HistogramAccumulator {
    merges: bool,
    histogram: ExponentialHistogram,
}

impl Accumulator for HistogramAccumulator {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        if self.merges {
            return self.merge_batch(values);
        }
        let values = values.first().and_then(|values| values.as_primitive_opt::<Float64Type>());
        let values = values.ok_or_else(|| {
            DataFusionError::Internal("exponential_histogram takes numbers".to_owned())
        })?;
        values.iter().flatten().for_each(|value| self.histogram.record(value));
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        write(&self.histogram)
    }

    fn size(&self) -> usize {
        let counts = [&self.histogram.positive.counts, &self.histogram.negative.counts];
        size_of_val(self) + counts.iter().map(|counts| counts.capacity() * 8).sum::<usize>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for column in states.iter().take(1) {
            for row in 0..column.len() {
                if let Some(histogram) = read(column, row)? {
                    self.histogram.merge(&histogram);
                }
            }
        }
        Ok(())
    }
}
