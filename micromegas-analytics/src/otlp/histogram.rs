//! Data points that summarise many samples, as rows of `measures` and as JSON.

use jsonb::{Number, Value};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogramDataPoint, HistogramDataPoint, SummaryDataPoint,
};

use super::value::{count_json, float_json};

/// What a data point tells about its samples.
#[derive(Debug, Clone)]
pub(super) struct Summary {
    pub(super) count: u64,
    pub(super) sum: Option<f64>,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    /// Everything else.
    pub(super) details: Value<'static>,
}

impl Summary {
    pub(super) fn of_histogram(point: &HistogramDataPoint) -> Self {
        let details = object([
            ("explicit_bounds", floats(&point.explicit_bounds)),
            ("bucket_counts", counts(&point.bucket_counts)),
        ]);
        Self { count: point.count, sum: point.sum, min: point.min, max: point.max, details }
    }

    pub(super) fn of_exponential(point: &ExponentialHistogramDataPoint) -> Self {
        let details = object([
            ("scale", Value::Number(Number::Int64(point.scale.into()))),
            ("zero_count", count_json(point.zero_count)),
            ("zero_threshold", float_json(point.zero_threshold)),
            ("positive", buckets(point.positive.as_ref())),
            ("negative", buckets(point.negative.as_ref())),
        ]);
        Self { count: point.count, sum: point.sum, min: point.min, max: point.max, details }
    }

    /// The quantiles 0 and 1 are the least and the greatest sample.
    pub(super) fn of_summary(point: &SummaryDataPoint) -> Self {
        let quantile = |wanted: f64| {
            let mut quantiles = point.quantile_values.iter();
            quantiles.find(|value| value.quantile == wanted).map(|value| value.value)
        };
        let quantiles = point.quantile_values.iter().map(|value| {
            object([("quantile", float_json(value.quantile)), ("value", float_json(value.value))])
        });
        let details = object([("quantiles", Value::Array(quantiles.collect()))]);
        let (min, max) = (quantile(0.0), quantile(1.0));
        Self { count: point.count, sum: Some(point.sum), min, max, details }
    }
}

fn buckets(buckets: Option<&Buckets>) -> Value<'static> {
    let (offset, bucket_counts) =
        buckets.map_or((0, &[][..]), |buckets| (buckets.offset, &buckets.bucket_counts[..]));
    object([
        ("offset", Value::Number(Number::Int64(offset.into()))),
        ("bucket_counts", counts(bucket_counts)),
    ])
}

fn floats(values: &[f64]) -> Value<'static> {
    Value::Array(values.iter().map(|value| float_json(*value)).collect())
}

fn counts(values: &[u64]) -> Value<'static> {
    Value::Array(values.iter().map(|value| count_json(*value)).collect())
}

fn object<const LENGTH: usize>(members: [(&str, Value<'static>); LENGTH]) -> Value<'static> {
    Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
