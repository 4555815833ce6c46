//! Views: which blocks they read, and how a run of blocks becomes rows. Everything else is
//! written once, in `scan` and `materialize`.

mod async_events;
mod custom_events;
mod definition;
mod images;
mod log_entries;
mod measures;
mod net_spans;
mod otel_spans;
mod set;
mod thread_spans;
mod trace_contexts;

pub(crate) use definition::{
    BlockContent, Content, Continuity, Instances, RunDecoder, View, ViewDefinition,
};
pub(crate) use set::{find_view, is_materialized, materialized_views, views};
