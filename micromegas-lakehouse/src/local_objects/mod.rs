//! Objects as files of a local directory.

mod direct;
mod files;
mod store;

pub(crate) use store::LocalObjects;
