//! The fuzz targets' bodies, which are the tests' own: see `untrusted` there.
#![forbid(unsafe_code)]

#[path = "../../micromegas-ingestion/tests/it/untrusted/mod.rs"]
mod routes;
#[path = "../../micromegas-transit/tests/it/untrusted/mod.rs"]
mod untrusted;

mod target;

pub use target::check;
