//! `micromegas query`: ask a server something in SQL, and print the answer.

mod client;
mod command;
mod json;
mod jsonb;
mod output;
mod table;
mod text;
mod time;

pub(crate) use client::QueryClient;
pub(crate) use command::{Args, Format, run};
pub(crate) use output::Output;
pub(crate) use table::write_table;
pub(crate) use time::{Instant, TimeRange};
