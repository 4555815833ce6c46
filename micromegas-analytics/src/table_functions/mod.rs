//! Table functions.

mod arguments;
mod call_graph;
mod no_argument;
mod thread_spans;
mod trace;
mod view_instance;

pub(crate) use arguments::{seconds_literal, text_literal, time_literal};
pub(crate) use call_graph::CallGraphFunction;
pub(crate) use no_argument::NoArgumentFunction;
pub(crate) use thread_spans::ThreadSpansFunction;
pub(crate) use trace::TraceFunction;
pub(crate) use view_instance::ViewInstanceFunction;
