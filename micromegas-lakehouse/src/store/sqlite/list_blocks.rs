//! Complete blocks in the order of their numbers.

use sqlx::{QueryBuilder, Sqlite, SqlitePool};

use super::decode;
use super::failure::Result;
use super::select::{push_ids, push_in_tenants, push_limit, push_tag};
use crate::lake::{BlockFilter, BlockRecord};
use crate::tenant::Tenant;

pub(super) async fn list_blocks(
    readers: &SqlitePool,
    tenants: &[Tenant],
    filter: &BlockFilter,
    limit: usize,
) -> Result<Vec<BlockRecord>> {
    let mut query = blocks_query(QueryBuilder::default(), tenants, filter, limit);
    query.build().fetch_all(readers).await?.iter().map(decode::block).collect()
}

/// The statement, whose cost is that of the narrowest way to the blocks: by block, by stream, by
/// the streams of a process, or by the range of numbers.
///
/// The order of a CROSS JOIN is the order in which SQLite looks, and a plus hides a column from
/// its choice of index: without statistics it takes any index over a range of rows.
fn blocks_query(
    mut query: QueryBuilder<Sqlite>,
    tenants: &[Tenant],
    filter: &BlockFilter,
    limit: usize,
) -> QueryBuilder<Sqlite> {
    let by_process =
        filter.process_ids.is_some() && filter.stream_ids.is_none() && filter.block_ids.is_none();
    let by_range =
        filter.process_ids.is_none() && filter.stream_ids.is_none() && filter.block_ids.is_none();
    let needs_stream = filter.process_ids.is_some() || filter.tag.is_some();
    query.push("SELECT b.* FROM ");
    query.push(match (by_process, needs_stream) {
        (true, _) => {
            "streams t CROSS JOIN blocks b ON b.tenant = t.tenant AND b.stream_id = t.stream_id"
        }
        (false, true) => {
            "blocks b CROSS JOIN streams t ON t.tenant = b.tenant AND t.stream_id = b.stream_id"
        }
        (false, false) => "blocks b",
    });
    query.push(match (by_process, by_range) {
        (true, _) => " WHERE t.tenant",
        (_, true) => " WHERE +b.tenant",
        _ => " WHERE b.tenant",
    });
    push_in_tenants(&mut query, tenants);
    query.push(" AND b.sequence > ").push_bind(filter.after.as_u64().cast_signed());
    query.push(" AND b.sequence <= ").push_bind(filter.up_to.as_u64().cast_signed());
    push_ids(&mut query, "b.block_id", filter.block_ids.as_deref());
    push_ids(&mut query, "b.stream_id", filter.stream_ids.as_deref());
    push_ids(&mut query, "t.process_id", filter.process_ids.as_deref());
    push_tag(&mut query, filter.tag.as_deref());
    query.push(" ORDER BY b.sequence");
    push_limit(&mut query, limit);
    query
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::sequence::CommitSequence;
    use crate::store::sqlite::plan::{assert_plan, explain};

    async fn assert_way(filter: BlockFilter, way: &str) {
        let tenants = [Tenant::default(), Tenant::new("other").unwrap()];
        for tenants in [&tenants[..1], &tenants] {
            assert_plan(blocks_query(explain(), tenants, &filter, 10), way).await;
        }
    }

    #[tokio::test]
    async fn a_range_of_numbers_is_a_range_of_rows() {
        let range = BlockFilter::range(CommitSequence::new(5), CommitSequence::new(9));
        let tagged = BlockFilter { tag: Some("log".to_owned()), ..range.clone() };
        for filter in [range, tagged] {
            assert_way(filter, "b USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)").await;
        }
    }

    #[tokio::test]
    async fn blocks_of_a_process_are_found_through_its_streams() {
        let filter = BlockFilter {
            process_ids: Some(vec![Uuid::nil()]),
            tag: Some("log".to_owned()),
            ..BlockFilter::default()
        };
        assert_way(filter.clone(), "streams_by_process (tenant=? AND process_id=?)").await;
        let way = "blocks_by_stream (tenant=? AND stream_id=? AND sequence>? AND sequence<?)";
        assert_way(filter, way).await;
    }

    #[tokio::test]
    async fn blocks_of_a_stream_are_a_range_of_its_index() {
        let filter = BlockFilter { stream_ids: Some(vec![Uuid::nil()]), ..BlockFilter::default() };
        let way = "blocks_by_stream (tenant=? AND stream_id=? AND sequence>? AND sequence<?)";
        assert_way(filter, way).await;
    }

    #[tokio::test]
    async fn a_block_is_found_by_its_identity() {
        let filter = BlockFilter {
            block_ids: Some(vec![Uuid::nil()]),
            process_ids: Some(vec![Uuid::nil()]),
            ..BlockFilter::default()
        };
        assert_way(filter, "(tenant=? AND block_id=?").await;
    }
}
