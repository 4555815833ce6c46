//! Views: which blocks they read, and how a run of blocks becomes rows. Everything else is
//! written once, in `scan` and `materialize`.

mod async_events;
mod definition;
mod log_entries;
mod measures;
mod set;
mod thread_spans;

pub(crate) use definition::{
    BlockContent, Continuity, Instances, RunDecoder, View, ViewDefinition,
};
pub(crate) use set::{find_view, materialized_views, views};
