//! Tables whose rows are computed from other tables of the same snapshot, when a query runs.

mod call_graph;
mod computation;
mod exec;
mod graph;
mod native_spans;
mod rows;
mod trace;
mod trace_rows;

pub(crate) use call_graph::CallGraph;
pub(crate) use computation::{Batches, Computation, ComputedScan, Inputs};
pub(crate) use trace::Trace;
