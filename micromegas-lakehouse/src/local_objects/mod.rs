//! Objects as files of a local directory.

mod files;
mod store;

pub(crate) use store::LocalObjects;
