//! Tables that are SQL over other tables of the same snapshot.
//!
//! They are planned like any query, when a query that reads them is planned: the filters of that
//! query reach the tables below, and all of them see one snapshot.

mod async_spans;
mod conform;
mod scan;
mod set;
mod table;
mod time_bounds;

pub(crate) use conform::ConformExec;
pub(crate) use scan::{DerivedScan, planner_of, session_state, time_literal_ns};
pub(crate) use set::{derived_tables, find_derived};
pub(crate) use table::DerivedTable;
pub(crate) use time_bounds::TimeBounds;
