//! `micromegas lake`: what an operator does to a lake.

mod archive;
mod audit;
mod command;
mod forget;
mod retention;

pub(crate) use command::{Args, run};
pub(crate) use retention::RetentionArgs;
