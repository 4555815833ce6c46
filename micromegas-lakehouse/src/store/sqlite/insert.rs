//! The group commit: processes, streams and blocks of one transaction.

use std::collections::{HashMap, HashSet};

use chrono::Utc;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection, SqlitePool};
use uuid::Uuid;

use super::batch::{ROWS_MAX, chunks};
use super::connect::TransactionByHand;
use super::encode::json;
use super::failure::Result;
use super::insert_blocks::{BlockState, push_block_states};
use super::numbering::Arrived;
use super::refused::{Refused, Refusing};
use super::{decode, reclaim};
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
    let mut transaction = TransactionByHand::start(writer).await?;
    let mut commit = GroupCommit::start(transaction.connection(), group).await?;
    require_recent(group.iter().filter_map(LakeInsert::as_block), from_nanos(commit.time))?;
    let refused = commit.find_refused(group).await?;
    let mut outcomes: Vec<_> =
        group.iter().map(|row| refused.outcome(row).unwrap_or(InsertOutcome::Duplicate)).collect();
    let rows = UniqueRows::new(group, |index| outcomes[index] == InsertOutcome::Duplicate);
    let mut arrived = Vec::new();
    for (index, process) in commit.insert_processes(&rows.processes).await? {
        outcomes[index] = InsertOutcome::Stored;
        arrived.push(Arrived::Process(&process.tenant, process.info.process_id));
    }
    for (index, stream) in commit.insert_streams(&rows.streams).await? {
        outcomes[index] = InsertOutcome::Stored;
        arrived.push(Arrived::Stream(&stream.tenant, stream.stream_id));
    }
    commit.number_waiting_blocks(&arrived).await?;
    commit.insert_blocks(group, &mut outcomes).await?;
    if outcomes.iter().any(InsertOutcome::is_stored) {
        reclaim::add(&mut *commit.connection, &mixed_segments(group, &outcomes)).await?;
        commit.finish().await?;
        transaction.committed();
    } else {
        transaction.rollback().await?;
    }
    Ok(outcomes)
}

/// So many processes are updated one by one: a statement over a list makes a table of it first.
const SINGLY_MAX: usize = 16;

/// A row, and its place in the group.
type Placed<'g, T> = (usize, &'g T);

/// The processes and streams of a group, each identity once.
struct UniqueRows<'g> {
    processes: Vec<Placed<'g, NewProcess>>,
    streams: Vec<Placed<'g, NewStream>>,
}

impl<'g> UniqueRows<'g> {
    fn new(group: &'g [LakeInsert], is_taken: impl Fn(usize) -> bool) -> Self {
        let mut rows = Self { processes: Vec::new(), streams: Vec::new() };
        let (mut processes, mut streams) = (HashSet::new(), HashSet::new());
        for (index, row) in group.iter().enumerate().filter(|(index, _)| is_taken(*index)) {
            match row {
                LakeInsert::Process(row)
                    if processes.insert((&row.tenant, row.info.process_id)) =>
                {
                    rows.processes.push((index, row));
                }
                LakeInsert::Stream(row) if streams.insert((&row.tenant, row.stream_id)) => {
                    rows.streams.push((index, row));
                }
                _ => {}
            }
        }
        rows
    }
}

/// A group commit under way.
pub(super) struct GroupCommit<'t> {
    pub(super) connection: &'t mut SqliteConnection,
    /// The last number given.
    pub(super) sequence: CommitSequence,
    /// The `insert_time` of the group.
    pub(super) time: i64,
    /// What is executed with the next statements, each with the mark of its end.
    pub(super) script: QueryBuilder<Sqlite>,
    /// What there may be of this group that is not taken.
    refusing: Refusing,
    /// What the store knew of the blocks when the transaction began, if nothing of the group changes
    /// that.
    pub(super) known: Option<Vec<BlockState>>,
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
    /// Begins the transaction and looks at the counters; with the same turn, because each costs as
    /// much as storing a block, also at the blocks of a short group of nothing else.
    async fn start(connection: &'t mut SqliteConnection, group: &[LakeInsert]) -> Result<Self> {
        let blocks: Vec<_> = group.iter().filter_map(LakeInsert::as_block).collect();
        let is_blocks = blocks.len() == group.len() && (1..=ROWS_MAX).contains(&blocks.len());
        let mut query = QueryBuilder::new(concat!(
            "BEGIN IMMEDIATE; SELECT commit_sequence, insert_time, ",
            "EXISTS (SELECT 1 FROM forgotten_processes) AS has_forgotten, ",
            "EXISTS (SELECT 1 FROM reclaimable_objects) AS has_reclaimable FROM lake_state"
        ));
        if is_blocks {
            query.push("; ");
            push_block_states(&mut query, blocks.iter().copied());
        }
        let rows = query.build().fetch_all(&mut *connection).await?;
        let (state, states) = rows.split_first().ok_or(sqlx::Error::RowNotFound)?;
        let known = BlockState::of(states)?;
        let sequence: i64 = state.try_get("commit_sequence")?;
        let last: Option<i64> = state.try_get("insert_time")?;
        let time = next_insert_time(Utc::now(), last.map(from_nanos));
        Ok(Self {
            connection,
            sequence: CommitSequence::new(sequence.unsigned_abs()),
            time: to_nanos(time, "insert_time")?,
            script: QueryBuilder::new(""),
            refusing: Refusing {
                processes: state.try_get("has_forgotten")?,
                objects: state.try_get("has_reclaimable")?,
            },
            known: is_blocks.then_some(known),
            newest: HashMap::new(),
        })
    }

    async fn find_refused(&mut self, group: &[LakeInsert]) -> Result<Refused> {
        let refused = Refused::find(&mut *self.connection, self.refusing, group).await?;
        if !refused.is_empty() {
            // The blocks that are left are others.
            self.known = None;
        }
        Ok(refused)
    }

    /// Inserts processes and tells which of them are new.
    async fn insert_processes<'g>(
        &mut self,
        rows: &[Placed<'g, NewProcess>],
    ) -> Result<Vec<Placed<'g, NewProcess>>> {
        let mut new = HashSet::new();
        for chunk in chunks(rows) {
            let mut insert = QueryBuilder::<Sqlite>::new(
                "INSERT INTO processes (tenant, process_id, exe, username, realname, computer, \
                 distro, cpu_brand, tsc_frequency, start_time, start_ticks, parent_process_id, \
                 properties, insert_time) ",
            );
            let properties = chunk.iter().map(|(_, row)| json(&row.info.properties));
            let chunk = chunk.iter().zip(properties.collect::<crate::Result<Vec<_>>>()?);
            insert.push_values(chunk, |mut values, ((_, row), properties)| {
                let info = &row.info;
                values
                    .push_bind(row.tenant.as_str().to_owned())
                    .push_bind(info.process_id)
                    .push_bind(info.exe.clone())
                    .push_bind(info.username.clone())
                    .push_bind(info.realname.clone())
                    .push_bind(info.computer.clone())
                    .push_bind(info.distro.clone())
                    .push_bind(info.cpu_brand.clone())
                    .push_bind(info.tsc_frequency)
                    .push_bind(info.start_time.timestamp_nanos_opt())
                    .push_bind(info.start_ticks)
                    .push_bind(info.parent_process_id)
                    .push_bind(properties)
                    .push_bind(self.time);
            });
            insert.push(" ON CONFLICT DO NOTHING RETURNING tenant, process_id");
            new.extend(self.fetch_identities(insert).await?);
        }
        let is_new = |row: &NewProcess| new.contains(&(row.tenant.clone(), row.info.process_id));
        Ok(rows.iter().copied().filter(|(_, row)| is_new(row)).collect())
    }

    /// Inserts streams and the layouts of those that are new, which it tells.
    async fn insert_streams<'g>(
        &mut self,
        rows: &[Placed<'g, NewStream>],
    ) -> Result<Vec<Placed<'g, NewStream>>> {
        let mut new = HashSet::new();
        for chunk in chunks(rows) {
            let mut insert = QueryBuilder::<Sqlite>::new(
                "INSERT INTO streams (tenant, stream_id, process_id, layout_hash, tags, \
                 properties, format, insert_time) ",
            );
            let texts = chunk
                .iter()
                .map(|(_, row)| crate::Result::Ok((json(&row.tags)?, json(&row.properties)?)));
            let chunk = chunk.iter().zip(texts.collect::<crate::Result<Vec<_>>>()?);
            insert.push_values(chunk, |mut values, ((_, row), (tags, properties))| {
                values
                    .push_bind(row.tenant.as_str().to_owned())
                    .push_bind(row.stream_id)
                    .push_bind(row.process_id)
                    .push_bind(row.layout_hash.as_bytes().to_vec())
                    .push_bind(tags)
                    .push_bind(properties)
                    .push_bind(row.format.clone())
                    .push_bind(self.time);
            });
            insert.push(" ON CONFLICT DO NOTHING RETURNING tenant, stream_id");
            new.extend(self.fetch_identities(insert).await?);
        }
        let is_new = |row: &NewStream| new.contains(&(row.tenant.clone(), row.stream_id));
        let new: Vec<_> = rows.iter().copied().filter(|(_, row)| is_new(row)).collect();
        let layouts: HashMap<_, _> =
            new.iter().map(|(_, row)| (row.layout_hash, &row.layout)).collect();
        for (hash, layout) in layouts {
            sqlx::query(
                "INSERT INTO stream_layouts (hash, document) VALUES (?, ?) ON CONFLICT DO NOTHING",
            )
            .bind(hash.as_bytes().as_slice())
            .bind(layout.to_cbor())
            .execute(&mut *self.connection)
            .await?;
        }
        Ok(new)
    }

    /// The identities that a statement returns.
    async fn fetch_identities(
        &mut self,
        mut statement: QueryBuilder<Sqlite>,
    ) -> Result<Vec<(Tenant, Uuid)>> {
        let rows = statement.build().fetch_all(&mut *self.connection).await?;
        rows.iter().map(|row| Ok((decode::tenant(row)?, row.try_get(1)?))).collect()
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

    /// Writes the counters and the newest blocks of processes, and commits.
    async fn finish(mut self) -> Result<()> {
        if self.newest.len() <= SINGLY_MAX {
            for ((tenant, process_id), newest) in &self.newest {
                self.script.push("UPDATE processes SET last_update_time = ").push_bind(self.time);
                self.script.push(", last_block_end_ticks = max(coalesce(last_block_end_ticks, ");
                self.script.push_bind(newest.end_ticks).push("), ").push_bind(newest.end_ticks);
                self.script.push("), last_block_end_time = max(coalesce(last_block_end_time, ");
                self.script.push_bind(newest.end_time).push("), ").push_bind(newest.end_time);
                self.script.push(") WHERE tenant = ").push_bind(tenant.as_str().to_owned());
                self.script.push(" AND process_id = ").push_bind(*process_id).push("; ");
            }
        } else {
            let newest: Vec<_> = self.newest.iter().map(Newest::to_json).collect();
            self.script.push("UPDATE processes SET last_update_time = ").push_bind(self.time);
            self.script.push(
                ", last_block_end_ticks = max(coalesce(last_block_end_ticks, n.end_ticks), \
                 n.end_ticks), last_block_end_time = max(coalesce(last_block_end_time, \
                 n.end_time), n.end_time) FROM (SELECT value ->> 0 AS tenant, \
                 unhex(value ->> 1) AS process_id, value ->> 2 AS end_ticks, \
                 value ->> 3 AS end_time FROM json_each(",
            );
            self.script.push_bind(json(&newest)?).push(
                ")) n WHERE processes.tenant = n.tenant AND processes.process_id = n.process_id; ",
            );
        }
        self.script.push("UPDATE lake_state SET commit_sequence = ");
        self.script.push_bind(self.sequence.as_u64().cast_signed());
        self.script.push(", insert_time = ").push_bind(self.time);
        self.script.push("; COMMIT");
        self.run_script().await
    }

    /// Executes what was put together so far.
    pub(super) async fn run_script(&mut self) -> Result<()> {
        let mut script = std::mem::replace(&mut self.script, QueryBuilder::new(""));
        script.build().execute(&mut *self.connection).await?;
        Ok(())
    }
}

impl Newest {
    fn to_json<'k>(
        ((tenant, process_id), newest): (&'k (Tenant, Uuid), &Self),
    ) -> (&'k str, String, i64, i64) {
        let process_id = process_id.simple().to_string();
        (tenant.as_str(), process_id, newest.end_ticks, newest.end_time)
    }
}
