//! Histograms whose buckets grow exponentially, and that merge without error: the base-2 kind of
//! OpenTelemetry.

mod aggregate;
mod arrays;
mod buckets;
mod exponential;
mod index;
mod quantile;

pub(crate) use aggregate::histogram_aggregates;
pub(crate) use arrays::histogram_type;
pub(crate) use quantile::quantile_function;
