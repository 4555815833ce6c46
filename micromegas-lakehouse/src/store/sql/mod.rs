//! What the stores over SQL databases share: rows as records, and errors.
//!
//! Both have tables of the same names and columns. Their statements differ, and so do a few types of
//! columns, which [`StoredRow`] hides.

pub(super) mod decode;
mod failure;
mod row;

pub(super) use failure::{Failure, Result, is_of_contents};
pub(super) use row::StoredRow;
