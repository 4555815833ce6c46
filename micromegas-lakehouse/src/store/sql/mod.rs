//! What the stores over SQL databases share: rows as records, and errors.
//!
//! Both have tables of the same names and columns. Their statements differ, and so do a few types of
//! columns, which [`StoredRow`] hides.

mod decode_lake;
mod decode_others;
mod failure;
mod row;

/// Rows on their way out of a database.
pub(super) mod decode {
    pub(in crate::store) use super::decode_lake::{
        block, object_keys, process, stream, waiting_block,
    };
    pub(in crate::store) use super::decode_others::{
        audit_record, key, payload_reference, quarantined_block, reclaimable_object,
    };
    pub(in crate::store) use super::row::{
        json, optional_text, optional_time, sequence, tenant, text, time, unsigned,
    };
}

pub(super) use failure::{Failure, Result, is_of_contents};
pub(super) use row::StoredRow;
