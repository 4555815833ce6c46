//! `micromegas materialize`: the daemon by itself, or one job of it.

mod command;

pub(crate) use command::{Args, run};
