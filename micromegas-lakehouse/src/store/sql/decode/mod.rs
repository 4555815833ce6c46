//! Rows on their way out of a database.

mod lake;
mod others;

pub(crate) use lake::{block, object_keys, process, stream, waiting_block};
pub(crate) use others::{
    audit_record, key, payload_reference, quarantined_block, reclaimable_object, sql_view,
};

pub(crate) use super::row::{
    json, optional_text, optional_time, sequence, tenant, text, time, unsigned,
};
