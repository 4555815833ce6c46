//! Lists in the order of keys: processes, streams, waiting blocks.

use sqlx::{PgPool, Postgres, QueryBuilder};

use super::decode;
use super::failure::Result;
use super::select::{push_ids, push_limit, push_tag};
use crate::lake::{
    ProcessFilter, ProcessRecord, RecordKey, StreamFilter, StreamRecord, WaitingBlock,
};
use crate::store::pages::page_starts;
use crate::tenant::Tenant;

pub(super) async fn list_processes(
    pool: &PgPool,
    tenants: &[Tenant],
    filter: &ProcessFilter,
    limit: usize,
) -> Result<Vec<ProcessRecord>> {
    let mut records = Vec::new();
    for (tenant, after) in page_starts(tenants, filter.after.as_ref()) {
        let mut query =
            QueryBuilder::<Postgres>::new("SELECT * FROM processes t WHERE t.tenant = ");
        query.push_bind(tenant.as_str().to_owned());
        if let Some(after) = after {
            query.push(" AND t.process_id > ").push_bind(after);
        }
        push_ids(&mut query, "t.process_id", filter.process_ids.as_deref());
        query.push(" ORDER BY t.process_id");
        push_limit(&mut query, limit - records.len());
        for row in query.build().fetch_all(pool).await? {
            records.push(decode::process(&row)?);
        }
        if records.len() >= limit {
            break;
        }
    }
    Ok(records)
}

pub(super) async fn list_streams(
    pool: &PgPool,
    tenants: &[Tenant],
    filter: &StreamFilter,
    limit: usize,
) -> Result<Vec<StreamRecord>> {
    let mut records = Vec::new();
    for (tenant, after) in page_starts(tenants, filter.after.as_ref()) {
        let mut query = QueryBuilder::<Postgres>::new(
            "SELECT t.*, (SELECT b.insert_time FROM blocks b WHERE b.tenant = t.tenant \
             AND b.stream_id = t.stream_id ORDER BY b.sequence DESC LIMIT 1) AS last_update_time \
             FROM streams t WHERE t.tenant = ",
        );
        query.push_bind(tenant.as_str().to_owned());
        if let Some(after) = after {
            query.push(" AND t.stream_id > ").push_bind(after);
        }
        push_ids(&mut query, "t.stream_id", filter.stream_ids.as_deref());
        push_ids(&mut query, "t.process_id", filter.process_ids.as_deref());
        push_tag(&mut query, filter.tag.as_deref());
        query.push(" ORDER BY t.stream_id");
        push_limit(&mut query, limit - records.len());
        for row in query.build().fetch_all(pool).await? {
            records.push(decode::stream(&row)?);
        }
        if records.len() >= limit {
            break;
        }
    }
    Ok(records)
}

pub(super) async fn list_waiting_blocks(
    pool: &PgPool,
    tenants: &[Tenant],
    after: Option<&RecordKey>,
    limit: usize,
) -> Result<Vec<WaitingBlock>> {
    let mut records = Vec::new();
    for (tenant, after) in page_starts(tenants, after) {
        let mut query = QueryBuilder::<Postgres>::new(
            "SELECT t.*, s.process_id AS stream_owner, p.process_id IS NOT NULL AS has_process \
             FROM waiting_blocks t \
             LEFT JOIN streams s ON s.tenant = t.tenant AND s.stream_id = t.stream_id \
             LEFT JOIN processes p ON p.tenant = t.tenant AND p.process_id = t.process_id \
             WHERE t.tenant = ",
        );
        query.push_bind(tenant.as_str().to_owned());
        if let Some(after) = after {
            query.push(" AND t.block_id > ").push_bind(after);
        }
        query.push(" ORDER BY t.block_id");
        push_limit(&mut query, limit - records.len());
        for row in query.build().fetch_all(pool).await? {
            records.push(decode::waiting_block(&row)?);
        }
        if records.len() >= limit {
            break;
        }
    }
    Ok(records)
}
