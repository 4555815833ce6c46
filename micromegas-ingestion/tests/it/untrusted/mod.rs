//! What is asked of every route, whatever is sent to it: an answer that is no fault of the
//! server's, and in the lake nothing that readers cannot decode.
//!
//! The fuzz targets in `fuzz/` feed these functions; so does the test beside them, with the seeds
//! and the inputs that once failed.

mod control;
mod host;
mod routes;

pub(crate) use routes::TARGETS;
