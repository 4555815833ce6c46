//! The group commit: processes, streams and blocks of one transaction.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use sqlx::{PgConnection, PgPool, Row};
use uuid::Uuid;

use super::connect::begin;
use super::failure::Result;
use super::insert_blocks::insert_blocks;
use super::reclaim;
use super::text::stored;
use crate::error::Error;
use crate::lake::{InsertOutcome, LakeInsert, NewBlock, NewProcess, NewStream, mixed_segments};
use crate::tenant::Tenant;
use crate::time::to_nanos;

/// Takes this server's turn and gives the group its `insert_time`.
///
/// Statements that follow see everything that earlier turns have committed, because each of them
/// looks at the database as it is when the statement starts, which is after the lock was given.
const TURN: &str = "UPDATE lake_state SET insert_time = greatest(insert_time + 1000, \
                     (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000)";

/// A row, and its place in the group.
type Placed<'g, T> = (usize, &'g T);

/// Inserts a group and numbers what becomes complete.
pub(super) async fn insert(pool: &PgPool, group: &[LakeInsert]) -> Result<Vec<InsertOutcome>> {
    for row in group {
        row.validate()?;
    }
    let mut outcomes = vec![InsertOutcome::Duplicate; group.len()];
    if group.is_empty() {
        return Ok(outcomes);
    }
    let rows = Rows::new(group);
    let mut transaction = begin(pool, TURN).await?;
    let connection = &mut *transaction;
    let processes = insert_processes(connection, &rows.processes, &mut outcomes).await?;
    let streams = insert_streams(connection, &rows.streams, &mut outcomes).await?;
    if !processes.ids.is_empty() || !streams.ids.is_empty() {
        sqlx::query(include_str!("number_waiting_blocks.sql"))
            .bind(streams.tenants)
            .bind(streams.ids)
            .bind(processes.tenants)
            .bind(processes.ids)
            .execute(&mut *connection)
            .await?;
    }
    insert_blocks(connection, &rows.blocks, &mut outcomes).await?;
    if outcomes.iter().any(InsertOutcome::is_stored) {
        reclaim::add(connection, mixed_segments(group, &outcomes)).await?;
        transaction.commit().await?;
    }
    Ok(outcomes)
}

/// The rows of a group by kind, each identity once.
struct Rows<'g> {
    processes: Vec<Placed<'g, NewProcess>>,
    streams: Vec<Placed<'g, NewStream>>,
    blocks: Vec<Placed<'g, NewBlock>>,
}

impl<'g> Rows<'g> {
    fn new(group: &'g [LakeInsert]) -> Self {
        let mut rows = Self { processes: Vec::new(), streams: Vec::new(), blocks: Vec::new() };
        let mut seen = HashSet::new();
        for (index, row) in group.iter().enumerate() {
            let id = match row {
                LakeInsert::Process(process) => (0, process.info.process_id),
                LakeInsert::Stream(stream) => (1, stream.stream_id),
                LakeInsert::Block(block) => (2, block.block_id),
            };
            if seen.insert((row.tenant(), id)) {
                match row {
                    LakeInsert::Process(process) => rows.processes.push((index, process)),
                    LakeInsert::Stream(stream) => rows.streams.push((index, stream)),
                    LakeInsert::Block(block) => rows.blocks.push((index, block)),
                }
            }
        }
        rows
    }
}

/// Identities as two lists of equal length, as `unnest` takes them.
#[derive(Default)]
struct Identities {
    tenants: Vec<String>,
    ids: Vec<Uuid>,
}

/// The values of one column of all rows.
pub(super) fn column<T, V>(rows: &[Placed<'_, T>], value: impl Fn(&T) -> V) -> Vec<V> {
    rows.iter().map(|(_, row)| value(row)).collect()
}

/// Inserts processes and tells which of them are new.
async fn insert_processes(
    connection: &mut PgConnection,
    rows: &[Placed<'_, NewProcess>],
    outcomes: &mut [InsertOutcome],
) -> Result<Identities> {
    if rows.is_empty() {
        return Ok(Identities::default());
    }
    let text = |value: fn(&NewProcess) -> &str| column(rows, |row| stored(value(row)).into_owned());
    let nanos = |row: &NewProcess| to_nanos(row.info.start_time, "start_time");
    let stored_rows = sqlx::query(
        "WITH input AS (SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], \
         $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::bigint[], \
         $11::bigint[], $12::uuid[], $13::text[]) AS i (tenant, process_id, exe, username, \
         realname, computer, distro, cpu_brand, tsc_frequency, start_time, start_ticks, \
         parent_process_id, properties)), \
         forgotten AS MATERIALIZED (SELECT i.tenant, i.process_id FROM input i \
         JOIN forgotten_processes f ON f.tenant = i.tenant COLLATE \"C\" \
         AND f.process_id = i.process_id), \
         inserted AS (INSERT INTO processes (tenant, process_id, exe, username, realname, \
         computer, distro, cpu_brand, tsc_frequency, start_time, start_ticks, parent_process_id, \
         properties, insert_time) \
         SELECT i.*, s.insert_time FROM input i, lake_state s WHERE NOT EXISTS (\
         SELECT FROM forgotten f WHERE f.tenant = i.tenant AND f.process_id = i.process_id) \
         ON CONFLICT DO NOTHING RETURNING tenant, process_id) \
         SELECT tenant, process_id, FALSE FROM inserted \
         UNION ALL SELECT tenant, process_id, TRUE FROM forgotten",
    )
    .bind(text(|row| row.tenant.as_str()))
    .bind(column(rows, |row| row.info.process_id))
    .bind(text(|row| &row.info.exe))
    .bind(text(|row| &row.info.username))
    .bind(text(|row| &row.info.realname))
    .bind(text(|row| &row.info.computer))
    .bind(text(|row| &row.info.distro))
    .bind(text(|row| &row.info.cpu_brand))
    .bind(column(rows, |row| row.info.tsc_frequency))
    .bind(column(rows, nanos).into_iter().collect::<Result<Vec<i64>, Error>>()?)
    .bind(column(rows, |row| row.info.start_ticks))
    .bind(column(rows, |row| row.info.parent_process_id))
    .bind(json_column(rows, |row| json(&row.info.properties))?)
    .fetch_all(connection)
    .await?;
    let places = rows.iter().map(|(index, row)| ((&row.tenant, row.info.process_id), *index));
    note_stored(&stored_rows, &places.collect(), outcomes)
}

/// Inserts streams and the layouts of those that are new, which it tells.
async fn insert_streams(
    connection: &mut PgConnection,
    rows: &[Placed<'_, NewStream>],
    outcomes: &mut [InsertOutcome],
) -> Result<Identities> {
    if rows.is_empty() {
        return Ok(Identities::default());
    }
    // PostgreSQL has no lists of lists of different lengths, so tags come as JSON.
    let tags = |row: &NewStream| json(&row.tags.iter().map(|tag| stored(tag)).collect::<Vec<_>>());
    let stored_rows = sqlx::query(
        "WITH input AS (SELECT * FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::bytea[], \
         $5::text[], $6::text[], $7::text[]) AS i (tenant, stream_id, process_id, layout_hash, \
         tags, properties, format)), \
         forgotten AS MATERIALIZED (SELECT i.tenant, i.stream_id FROM input i \
         JOIN forgotten_processes f ON f.tenant = i.tenant COLLATE \"C\" \
         AND f.process_id = i.process_id), \
         inserted AS (INSERT INTO streams (tenant, stream_id, process_id, layout_hash, tags, \
         properties, format, insert_time) \
         SELECT i.tenant, i.stream_id, i.process_id, i.layout_hash, \
         ARRAY(SELECT tag FROM jsonb_array_elements_text(i.tags::jsonb) WITH ORDINALITY \
         AS t (tag, place) ORDER BY place), i.properties, i.format, s.insert_time \
         FROM input i, lake_state s WHERE NOT EXISTS (\
         SELECT FROM forgotten f WHERE f.tenant = i.tenant AND f.stream_id = i.stream_id) \
         ON CONFLICT DO NOTHING RETURNING tenant, stream_id) \
         SELECT tenant, stream_id, FALSE FROM inserted \
         UNION ALL SELECT tenant, stream_id, TRUE FROM forgotten",
    )
    .bind(column(rows, |row| row.tenant.as_str().to_owned()))
    .bind(column(rows, |row| row.stream_id))
    .bind(column(rows, |row| row.process_id))
    .bind(column(rows, |row| row.layout_hash.as_bytes().to_vec()))
    .bind(json_column(rows, tags)?)
    .bind(json_column(rows, |row| json(&row.properties))?)
    .bind(column(rows, |row| stored(&row.format).into_owned()))
    .fetch_all(&mut *connection)
    .await?;
    let places = rows.iter().map(|(index, row)| ((&row.tenant, row.stream_id), *index));
    let new = note_stored(&stored_rows, &places.collect(), outcomes)?;
    let layouts: HashMap<_, _> = rows
        .iter()
        .filter(|(index, _)| outcomes[*index] == InsertOutcome::Stored)
        .map(|(_, row)| (row.layout_hash, &row.layout))
        .collect();
    if !layouts.is_empty() {
        let (hashes, documents): (Vec<_>, Vec<_>) = layouts
            .into_iter()
            .map(|(hash, layout)| (hash.as_bytes().to_vec(), layout.to_cbor()))
            .unzip();
        sqlx::query(
            "INSERT INTO stream_layouts (hash, document) \
             SELECT * FROM unnest($1::bytea[], $2::bytea[]) ON CONFLICT DO NOTHING",
        )
        .bind(hashes)
        .bind(documents)
        .execute(connection)
        .await?;
    }
    Ok(new)
}

/// Marks the rows that were stored, and those of forgotten processes, found by the first two
/// columns returned; the third tells which it is.
fn note_stored(
    stored_rows: &[sqlx::postgres::PgRow],
    places: &HashMap<(&Tenant, Uuid), usize>,
    outcomes: &mut [InsertOutcome],
) -> Result<Identities> {
    let mut new = Identities::default();
    for row in stored_rows {
        let (tenant, id): (String, Uuid) = (row.try_get(0)?, row.try_get(1)?);
        let is_forgotten: bool = row.try_get(2)?;
        if let Some(index) = places.get(&(&Tenant::new(&tenant)?, id)) {
            outcomes[*index] =
                if is_forgotten { InsertOutcome::Forgotten } else { InsertOutcome::Stored };
        }
        if is_forgotten {
            continue;
        }
        new.tenants.push(tenant);
        new.ids.push(id);
    }
    Ok(new)
}

fn json_column<T>(
    rows: &[Placed<'_, T>],
    value: impl Fn(&T) -> Result<String>,
) -> Result<Vec<String>> {
    rows.iter().map(|(_, row)| value(row)).collect()
}

/// The JSON form of a list or map of text; it has no U+0000, which JSON escapes.
fn json(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string(value)
        .map_err(|_| Error::invalid("tags and properties must be representable in JSON"))?)
}
