//! `cargo xtask budget`: limits of speed and size, held against what the benches measure.
//!
//! The limits stand in `benches/budget.toml`. A row says which estimates of criterion make its
//! value; a row that says nothing is not measured yet, and the command says so.

mod estimates;
mod limits;
mod report;
mod run;

pub(crate) use run::{list, run};
