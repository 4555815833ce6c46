//! The macros, attributes and types that people record with. All tests share the one dispatch of
//! the process and tell their events apart by target or name.

mod attributes;
mod futures;
mod log_crate;
mod logs;
mod metrics;
mod own_streams;
mod sink;
mod spans;
mod tasks;
mod traces;
mod tracing_crate;
