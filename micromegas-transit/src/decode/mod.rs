//! Decoding of blocks into columns.
//!
//! A layout compiles into a [`StreamPlan`]: for each type index the extent of its records and where
//! each wanted member lies. Decoding counts the rows first, so that columns never grow, and then
//! walks over the record buffer: records with the usual layouts in batches, one short loop for each
//! column, all others with one `match` per record. Nothing is looked up by name, no string is
//! hashed and nothing is allocated per record.

mod async_spans;
mod columns;
mod compact_ids;
mod dependencies;
mod dependency_counts;
mod dependency_plan;
mod dependency_records;
mod derivation;
mod derived;
mod descriptors;
mod event_plan;
mod event_types;
mod fields;
mod from_planes;
mod id_map;
mod images;
mod interner;
mod logs;
mod losses;
mod metrics;
mod net;
mod objects;
mod open;
mod plain;
mod plan;
mod plan_cache;
mod recent;
mod records;
mod rows;
mod scopes;
mod sequences;
mod shapes;
mod sites;
mod spans;
mod tables;
mod template;
mod text;
mod type_columns;
mod type_graph;
mod value;
mod visit;

pub use columns::{
    AsyncSpanColumns, Decoded, LogColumns, MetricColumns, PropertySets, Scope, SpanColumns,
    StringTable, TextColumn,
};
pub use derived::{ColumnValues, EventColumn, EventColumns};
pub use event_types::{EventKind, EventMember, EventType, MemberKind};
pub use images::{BytesColumn, ImageColumns};
pub use losses::{Loss, LossReason, Losses};
pub use net::{NetSpanColumns, NetSpanEdge, NetSpanKind};
pub use open::OpenBlock;
pub use plan::StreamPlan;
pub use plan_cache::PlanCache;
pub(crate) use type_graph::check_table;
pub use value::{Event, Object, Value};
pub use visit::Visited;
