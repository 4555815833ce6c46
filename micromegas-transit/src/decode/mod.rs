//! Decoding of blocks into columns.
//!
//! A layout compiles into a [`StreamPlan`]: for each type index the extent of its records and where
//! each wanted member lies. Decoding is then one walk over the record buffer with one `match` per
//! record; nothing is looked up by name, no string is hashed and nothing is allocated per record.

mod async_spans;
mod columns;
mod dependencies;
mod dependency_plan;
mod event_plan;
mod fields;
mod id_map;
mod interner;
mod logs;
mod losses;
mod metrics;
mod open;
mod plain;
mod plan;
mod plan_cache;
mod records;
mod rows;
mod scopes;
mod sites;
mod spans;
mod tables;
mod template;
mod text;
mod type_graph;

pub use columns::{
    AsyncSpanColumns, Decoded, LogColumns, MetricColumns, PropertySets, Scope, SpanColumns,
    StringTable, TextColumn,
};
pub use losses::{Loss, LossReason, Losses};
pub use open::OpenBlock;
pub use plan::StreamPlan;
pub use plan_cache::PlanCache;
