//! `cargo xtask budget`: limits of speed and size, held against what the benches measure.
//!
//! The limits stand in `benches/budget.toml`. A row says which estimates of criterion make its
//! value; a row that says nothing is not measured yet, and the command says so. Where a budget
//! compares with other libraries, the table of all of them stands before its lines.

mod estimates;
mod limits;
mod peers;
mod report;
mod run;

pub(crate) use run::{list, run};
