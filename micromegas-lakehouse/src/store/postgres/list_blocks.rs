//! Complete blocks in the order of their numbers.

use sqlx::{PgPool, Postgres, QueryBuilder};

use super::decode;
use super::failure::Result;
use super::select::{push_any_tenant, push_ids, push_limit, push_tag};
use crate::lake::{BlockFilter, BlockRecord};
use crate::tenant::Tenant;

pub(super) async fn list_blocks(
    pool: &PgPool,
    tenants: &[Tenant],
    filter: &BlockFilter,
    limit: usize,
) -> Result<Vec<BlockRecord>> {
    let mut query = blocks_query(tenants, filter, limit);
    query.build().fetch_all(pool).await?.iter().map(decode::block).collect()
}

/// The statement, whose cost is that of the narrowest way to the blocks: by block, by the streams
/// asked for or of a process, or by the range of numbers.
///
/// The joins are lateral with a bound of their own, which fixes their order: the planner does not
/// know that a process has few streams and might look at all blocks in their order. A tenant in an
/// expression is hidden from its choice of index: the one that begins with the tenant has the
/// number too, so for a range of numbers it would be read from one end to the other.
fn blocks_query(tenants: &[Tenant], filter: &BlockFilter, limit: usize) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("SELECT b.* FROM ");
    if filter.block_ids.is_none() && (filter.stream_ids.is_some() || filter.process_ids.is_some()) {
        query.push(
            "streams t CROSS JOIN LATERAL (SELECT * FROM blocks b \
             WHERE b.tenant = t.tenant AND b.stream_id = t.stream_id",
        );
        push_range(&mut query, filter);
        query.push(" ORDER BY b.sequence");
        push_limit(&mut query, limit);
        query.push(") b WHERE t.tenant");
        push_any_tenant(&mut query, tenants);
        push_ids(&mut query, "t.stream_id", filter.stream_ids.as_deref());
    } else {
        query.push("blocks b");
        if filter.tag.is_some() || filter.process_ids.is_some() || filter.stream_ids.is_some() {
            query.push(
                " CROSS JOIN LATERAL (SELECT s.stream_id, s.process_id, s.tags FROM streams s \
                 WHERE s.tenant = b.tenant AND s.stream_id = b.stream_id OFFSET 0) t",
            );
        }
        query.push(match filter.block_ids {
            Some(_) => " WHERE b.tenant",
            None => " WHERE (b.tenant || '')",
        });
        push_any_tenant(&mut query, tenants);
        push_range(&mut query, filter);
        push_ids(&mut query, "b.block_id", filter.block_ids.as_deref());
        push_ids(&mut query, "t.stream_id", filter.stream_ids.as_deref());
    }
    push_ids(&mut query, "t.process_id", filter.process_ids.as_deref());
    push_tag(&mut query, filter.tag.as_deref());
    query.push(" ORDER BY b.sequence");
    push_limit(&mut query, limit);
    query
}

fn push_range(query: &mut QueryBuilder<Postgres>, filter: &BlockFilter) {
    query.push(" AND b.sequence > ").push_bind(filter.after.as_u64().cast_signed());
    query.push(" AND b.sequence <= ").push_bind(filter.up_to.as_u64().cast_signed());
}
