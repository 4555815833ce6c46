//! Lists in the order of keys: processes, streams, waiting blocks.

use sqlx::{QueryBuilder, Sqlite, SqlitePool};
use uuid::Uuid;

use super::decode;
use super::failure::Result;
use super::select::{push_ids, push_limit, push_tag};
use crate::lake::{
    ProcessFilter, ProcessRecord, RecordKey, StreamFilter, StreamRecord, WaitingBlock,
};
use crate::store::pages::page_starts;
use crate::tenant::Tenant;

pub(super) async fn list_processes(
    readers: &SqlitePool,
    tenants: &[Tenant],
    filter: &ProcessFilter,
    limit: usize,
) -> Result<Vec<ProcessRecord>> {
    let mut records = Vec::new();
    for (tenant, after) in page_starts(tenants, filter.after.as_ref()) {
        let mut query =
            processes_query(QueryBuilder::default(), tenant, after, filter, limit - records.len());
        for row in query.build().fetch_all(readers).await? {
            records.push(decode::process(&row)?);
        }
        if records.len() >= limit {
            break;
        }
    }
    Ok(records)
}

fn processes_query(
    mut query: QueryBuilder<Sqlite>,
    tenant: &Tenant,
    after: Option<Uuid>,
    filter: &ProcessFilter,
    limit: usize,
) -> QueryBuilder<Sqlite> {
    query.push("SELECT * FROM processes t WHERE t.tenant = ");
    query.push_bind(tenant.as_str().to_owned());
    if let Some(after) = after {
        query.push(" AND t.process_id > ").push_bind(after);
    }
    push_ids(&mut query, "t.process_id", filter.process_ids.as_deref());
    query.push(" ORDER BY t.process_id");
    push_limit(&mut query, limit);
    query
}

pub(super) async fn list_streams(
    readers: &SqlitePool,
    tenants: &[Tenant],
    filter: &StreamFilter,
    limit: usize,
) -> Result<Vec<StreamRecord>> {
    let mut records = Vec::new();
    for (tenant, after) in page_starts(tenants, filter.after.as_ref()) {
        let mut query =
            streams_query(QueryBuilder::default(), tenant, after, filter, limit - records.len());
        for row in query.build().fetch_all(readers).await? {
            records.push(decode::stream(&row)?);
        }
        if records.len() >= limit {
            break;
        }
    }
    Ok(records)
}

fn streams_query(
    mut query: QueryBuilder<Sqlite>,
    tenant: &Tenant,
    after: Option<Uuid>,
    filter: &StreamFilter,
    limit: usize,
) -> QueryBuilder<Sqlite> {
    query.push(
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
    // A plus hides a column from the choice of index: the few streams of a process are found
    // first and sorted then, instead of looking at all streams in their order.
    let is_few = filter.process_ids.is_some() && filter.stream_ids.is_none();
    query.push(if is_few { " ORDER BY +t.stream_id" } else { " ORDER BY t.stream_id" });
    push_limit(&mut query, limit);
    query
}

pub(super) async fn list_waiting_blocks(
    readers: &SqlitePool,
    tenants: &[Tenant],
    after: Option<&RecordKey>,
    limit: usize,
) -> Result<Vec<WaitingBlock>> {
    let mut records = Vec::new();
    for (tenant, after) in page_starts(tenants, after) {
        let mut query = QueryBuilder::<Sqlite>::new(
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
        for row in query.build().fetch_all(readers).await? {
            records.push(decode::waiting_block(&row)?);
        }
        if records.len() >= limit {
            break;
        }
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::plan::{assert_plan, explain};

    #[tokio::test]
    async fn a_page_of_processes_is_one_range_of_the_index() {
        let after = Some(Uuid::nil());
        let query = |explain| {
            processes_query(explain, &Tenant::default(), after, &ProcessFilter::default(), 10)
        };
        assert_plan(query(explain()), "(tenant=? AND process_id>?)").await;
    }

    #[tokio::test]
    async fn streams_of_a_process_are_found_by_their_process() {
        let filter =
            StreamFilter { process_ids: Some(vec![Uuid::nil()]), ..StreamFilter::default() };
        let query = streams_query(explain(), &Tenant::default(), None, &filter, 10);
        assert_plan(query, "streams_by_process (tenant=? AND process_id=?)").await;
    }

    #[tokio::test]
    async fn a_page_of_streams_is_one_range_of_the_index() {
        let filter = StreamFilter::default();
        let query = streams_query(explain(), &Tenant::default(), Some(Uuid::nil()), &filter, 10);
        assert_plan(query, "(tenant=? AND stream_id>?)").await;
    }
}
