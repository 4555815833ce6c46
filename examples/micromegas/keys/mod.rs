//! `micromegas keys`: make, list and revoke the keys with which programs and people come in.

mod command;
mod list;

pub(crate) use command::{Args, run};
