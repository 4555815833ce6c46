//! What could not be sent yet, on disk.
//!
//! A folder belongs to one target; in it, each process has one file that it keeps locked while it
//! lives. Whoever starts next takes over the files of the dead. The format is in
//! `docs/spool.md`.
//!
//! - [`header`]: what stands before each record; [`extents`]: which parts of a file are free.
//! - [`file`]: records in a file, written so that a crash at any moment leaves whole records only.
//! - [`folder`]: where files lie, who may read them, and how many bytes they may take together.
//! - [`store`]: the files of this process and those it took over; [`rejected`]: what a server
//!   refused for good.
//! - [`read`]: reading a file from outside.

mod extents;
mod file;
mod folder;
mod header;
mod options;
mod read;
mod rejected;
mod store;

pub use options::SpoolOptions;
pub use read::{SpoolError, SpoolReader, SpoolRecord};
pub(crate) use store::{Adopted, NoPlace, Place, Spool, ToStore};
