//! `micromegas demo`: the whole way from an instrumented program to SQL, on real input.

mod command;
mod corpus;
mod questions;
mod report;

pub(crate) use command::{Args, run};
