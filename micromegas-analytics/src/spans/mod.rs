//! Call trees of threads.

mod batch;
mod call_tree;
mod scopes;

pub(crate) use batch::SpanBatches;
pub(crate) use call_tree::{CallTree, CarriedOpen, SpanRows};
pub(crate) use scopes::{Scope, ScopeTable};
