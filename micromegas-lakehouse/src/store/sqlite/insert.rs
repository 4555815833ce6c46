//! The group commit: processes, streams and blocks of one transaction.

use std::collections::HashMap;

use chrono::Utc;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection, SqlitePool};
use uuid::Uuid;

use super::batch::chunks;
use super::connect::begin;
use super::encode::json;
use super::failure::Result;
use super::numbering::Arrived;
use super::reclaim;
use super::refused::Refused;
use crate::lake::{
    InsertOutcome, LakeInsert, NewProcess, NewStream, mixed_segments, require_recent,
};
use crate::sequence::CommitSequence;
use crate::tenant::Tenant;
use crate::time::{from_nanos, next_insert_time, to_nanos};

/// Inserts a group and numbers what becomes complete.
pub(super) async fn insert(
    writer: &SqlitePool,
    group: &[LakeInsert],
) -> Result<Vec<InsertOutcome>> {
    for row in group {
        row.validate()?;
    }
    let mut transaction = begin(writer).await?;
    let mut commit = GroupCommit::start(&mut transaction).await?;
    require_recent(group.iter().filter_map(LakeInsert::as_block), from_nanos(commit.time))?;
    let refused = Refused::find(&mut *commit.connection, group).await?;
    let mut outcomes: Vec<_> =
        group.iter().map(|row| refused.outcome(row).unwrap_or(InsertOutcome::Duplicate)).collect();
    let is_taken =
        |index: usize, outcomes: &[InsertOutcome]| outcomes[index] == InsertOutcome::Duplicate;
    let mut arrived = Vec::new();
    for (index, row) in group.iter().enumerate() {
        if let LakeInsert::Process(process) = row
            && is_taken(index, &outcomes)
            && commit.insert_process(process).await?
        {
            outcomes[index] = InsertOutcome::Stored;
            arrived.push(Arrived::Process(&process.tenant, process.info.process_id));
        }
    }
    for (index, row) in group.iter().enumerate() {
        if let LakeInsert::Stream(stream) = row
            && is_taken(index, &outcomes)
            && commit.insert_stream(stream).await?
        {
            outcomes[index] = InsertOutcome::Stored;
            arrived.push(Arrived::Stream(&stream.tenant, stream.stream_id));
        }
    }
    commit.number_waiting_blocks(&arrived).await?;
    commit.insert_blocks(group, &mut outcomes).await?;
    if outcomes.iter().any(InsertOutcome::is_stored) {
        reclaim::add(&mut *commit.connection, &mixed_segments(group, &outcomes)).await?;
        commit.finish().await?;
        transaction.commit().await?;
    }
    Ok(outcomes)
}

/// A group commit under way.
pub(super) struct GroupCommit<'t> {
    pub(super) connection: &'t mut SqliteConnection,
    /// The last number given.
    pub(super) sequence: CommitSequence,
    /// The `insert_time` of the group.
    pub(super) time: i64,
    /// The newest ends of blocks numbered here, by process.
    newest: HashMap<(Tenant, Uuid), Newest>,
}

/// The greatest ends of some blocks of a process.
#[derive(Clone, Copy)]
struct Newest {
    end_ticks: i64,
    end_time: i64,
}

impl<'t> GroupCommit<'t> {
    async fn start(connection: &'t mut SqliteConnection) -> Result<Self> {
        let state = sqlx::query("SELECT commit_sequence, insert_time FROM lake_state")
            .fetch_one(&mut *connection)
            .await?;
        let sequence: i64 = state.try_get("commit_sequence")?;
        let last: Option<i64> = state.try_get("insert_time")?;
        let time = next_insert_time(Utc::now(), last.map(from_nanos));
        Ok(Self {
            connection,
            sequence: CommitSequence::new(sequence.unsigned_abs()),
            time: to_nanos(time, "insert_time")?,
            newest: HashMap::new(),
        })
    }

    async fn insert_process(&mut self, process: &NewProcess) -> Result<bool> {
        let info = &process.info;
        let done = sqlx::query(
            "INSERT INTO processes (tenant, process_id, exe, username, realname, computer, \
             distro, cpu_brand, tsc_frequency, start_time, start_ticks, parent_process_id, \
             properties, insert_time) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(process.tenant.as_str())
        .bind(info.process_id)
        .bind(&info.exe)
        .bind(&info.username)
        .bind(&info.realname)
        .bind(&info.computer)
        .bind(&info.distro)
        .bind(&info.cpu_brand)
        .bind(info.tsc_frequency)
        .bind(to_nanos(info.start_time, "start_time")?)
        .bind(info.start_ticks)
        .bind(info.parent_process_id)
        .bind(json(&info.properties)?)
        .bind(self.time)
        .execute(&mut *self.connection)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn insert_stream(&mut self, stream: &NewStream) -> Result<bool> {
        let hash = stream.layout_hash.as_bytes().as_slice();
        let done = sqlx::query(
            "INSERT INTO streams (tenant, stream_id, process_id, layout_hash, tags, properties, \
             format, insert_time) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(stream.tenant.as_str())
        .bind(stream.stream_id)
        .bind(stream.process_id)
        .bind(hash)
        .bind(json(&stream.tags)?)
        .bind(json(&stream.properties)?)
        .bind(&stream.format)
        .bind(self.time)
        .execute(&mut *self.connection)
        .await?;
        let is_new = done.rows_affected() == 1;
        if is_new {
            sqlx::query(
                "INSERT INTO stream_layouts (hash, document) VALUES (?, ?) ON CONFLICT DO NOTHING",
            )
            .bind(hash)
            .bind(stream.layout.to_cbor())
            .execute(&mut *self.connection)
            .await?;
        }
        Ok(is_new)
    }

    /// Gives the next number to a block of a process that ends when it says.
    pub(super) fn give_number(
        &mut self,
        tenant: &Tenant,
        process_id: Uuid,
        end_ticks: i64,
        end_time: i64,
    ) -> CommitSequence {
        let newest = self
            .newest
            .entry((tenant.clone(), process_id))
            .or_insert(Newest { end_ticks, end_time });
        newest.end_ticks = newest.end_ticks.max(end_ticks);
        newest.end_time = newest.end_time.max(end_time);
        self.sequence = self.sequence.next();
        self.sequence
    }

    /// Writes the counters and the newest blocks of processes.
    async fn finish(self) -> Result<()> {
        let newest: Vec<_> = self.newest.into_iter().collect();
        for chunk in chunks(&newest) {
            let mut update = QueryBuilder::<Sqlite>::new(
                "WITH newest (tenant, process_id, end_ticks, end_time) AS (",
            );
            update.push_values(chunk, |mut values, ((tenant, process_id), newest)| {
                values
                    .push_bind(tenant.as_str().to_owned())
                    .push_bind(*process_id)
                    .push_bind(newest.end_ticks)
                    .push_bind(newest.end_time);
            });
            update.push(") UPDATE processes SET last_update_time = ").push_bind(self.time);
            update.push(
                ", last_block_end_ticks = max(coalesce(last_block_end_ticks, n.end_ticks), \
                 n.end_ticks), last_block_end_time = max(coalesce(last_block_end_time, \
                 n.end_time), n.end_time) FROM newest n \
                 WHERE processes.tenant = n.tenant AND processes.process_id = n.process_id",
            );
            update.build().execute(&mut *self.connection).await?;
        }
        sqlx::query("UPDATE lake_state SET commit_sequence = ?, insert_time = ?")
            .bind(self.sequence.as_u64().cast_signed())
            .bind(self.time)
            .execute(&mut *self.connection)
            .await?;
        Ok(())
    }
}
