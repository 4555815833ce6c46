//! Views that are queries, kept up part by part: states are taken out of the rows of new blocks,
//! and merged with those of old ones.
//!
//! `rows = finish(merge(partitions ∪ extract(rows of the source that are in no partition)))`

mod built_in;
mod catalog;
mod definition;
mod log_stats;
mod metric_stats;
mod parts;
mod recipe;
mod scan;
mod schema;
mod split;
mod statement;
mod written;

pub(crate) use built_in::{built_in_docs, built_in_names};
pub(crate) use catalog::SqlViews;
pub use definition::SqlView;
pub(crate) use definition::{CompiledView, PlannedView};
pub(crate) use scan::{SqlViewScan, planned_extract, stored_states};
pub(crate) use schema::ViewSchema;
pub(crate) use statement::ViewStatement;
pub(crate) use written::{Gap, Wanted, WrittenView, span};
