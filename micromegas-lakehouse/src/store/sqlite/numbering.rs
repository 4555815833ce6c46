//! Numbers for blocks whose stream or process came late.

use std::collections::BTreeSet;

use sqlx::{QueryBuilder, Row, Sqlite};
use uuid::Uuid;

use super::encode::BLOCK_COLUMNS;
use super::failure::Result;
use super::insert::GroupCommit;
use crate::tenant::Tenant;

/// Waiting blocks `w` that are complete.
const COMPLETE: &str = "SELECT w.arrival FROM waiting_blocks w \
     JOIN streams s ON s.tenant = w.tenant AND s.stream_id = w.stream_id \
     AND s.process_id = w.process_id \
     JOIN processes p ON p.tenant = w.tenant AND p.process_id = w.process_id \
     WHERE w.tenant = ";

/// A row that may complete blocks.
pub(super) enum Arrived<'g> {
    Process(&'g Tenant, Uuid),
    Stream(&'g Tenant, Uuid),
}

impl GroupCommit<'_> {
    /// Numbers the waiting blocks that new streams and processes make complete, in the order of
    /// their arrival.
    pub(super) async fn number_waiting_blocks(&mut self, arrived: &[Arrived<'_>]) -> Result<()> {
        if arrived.is_empty() || !self.has_waiting_blocks().await? {
            return Ok(());
        }
        let mut complete = BTreeSet::new();
        for row in arrived {
            let (tenant, column, id) = match row {
                Arrived::Process(tenant, id) => (tenant, " AND w.process_id = ", id),
                Arrived::Stream(tenant, id) => (tenant, " AND w.stream_id = ", id),
            };
            let mut query = QueryBuilder::<Sqlite>::new(COMPLETE);
            query.push_bind(tenant.as_str().to_owned()).push(column).push_bind(*id);
            let arrivals: Vec<i64> =
                query.build_query_scalar().fetch_all(&mut *self.connection).await?;
            complete.extend(arrivals);
        }
        for arrival in complete {
            self.number_waiting_block(arrival).await?;
        }
        Ok(())
    }

    async fn has_waiting_blocks(&mut self) -> Result<bool> {
        let exists = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM waiting_blocks)")
            .fetch_one(&mut *self.connection)
            .await?;
        Ok(exists)
    }

    async fn number_waiting_block(&mut self, arrival: i64) -> Result<()> {
        let block = sqlx::query(
            "SELECT tenant, process_id, end_ticks, end_time FROM waiting_blocks WHERE arrival = ?",
        )
        .bind(arrival)
        .fetch_one(&mut *self.connection)
        .await?;
        let tenant = Tenant::new(block.try_get("tenant")?)?;
        let sequence = self.give_number(
            &tenant,
            block.try_get("process_id")?,
            block.try_get("end_ticks")?,
            block.try_get("end_time")?,
        );
        let copy = format!(
            "INSERT INTO blocks ({BLOCK_COLUMNS}, sequence, insert_time) \
             SELECT {BLOCK_COLUMNS}, ?, ? FROM waiting_blocks WHERE arrival = ?"
        );
        sqlx::query(sqlx::AssertSqlSafe(copy))
            .bind(sequence.as_u64().cast_signed())
            .bind(self.time)
            .bind(arrival)
            .execute(&mut *self.connection)
            .await?;
        sqlx::query("DELETE FROM waiting_blocks WHERE arrival = ?")
            .bind(arrival)
            .execute(&mut *self.connection)
            .await?;
        Ok(())
    }
}
