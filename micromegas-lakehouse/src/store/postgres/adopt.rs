//! Taking over a database of the published schema.

use micromegas_transit::{StreamLayout, layouts_from_cbor};
use sqlx::{PgConnection, PgPool, Row};

use super::connect::begin;
use super::failure::Result;
use crate::error::Error;

/// What was taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Adopted {
    /// Processes.
    pub processes: u64,
    /// Streams.
    pub streams: u64,
    /// Streams that were left out because their layout cannot be read; their blocks wait.
    pub unreadable_streams: u64,
    /// Blocks that have a number now.
    pub blocks: u64,
    /// Blocks that wait for their stream or process.
    pub waiting_blocks: u64,
}

/// Takes the turn for as long as it lasts, with the planner's full choice.
const TURN: &str = "SET LOCAL statement_timeout = 0; \
    SET LOCAL idle_in_transaction_session_timeout = 0; \
    SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on; \
    SET LOCAL enable_mergejoin = on; SET LOCAL plan_cache_mode = auto; \
    UPDATE lake_state SET insert_time = greatest(insert_time + 1000, \
    (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000)";

pub(super) async fn adopt(pool: &PgPool) -> Result<Adopted> {
    let mut transaction = begin(pool, TURN).await?;
    let connection = &mut *transaction;
    let tables = Tables::look(connection).await?;
    sqlx::raw_sql(include_str!("adopt_functions.sql")).execute(&mut *connection).await?;
    let last: i64 = sqlx::query_scalar("SELECT commit_sequence FROM lake_state")
        .fetch_one(&mut *connection)
        .await?;
    let is_first = last == 0;
    let processes = sqlx::query(include_str!("adopt_processes.sql"))
        .bind(is_first)
        .execute(&mut *connection)
        .await?
        .rows_affected();
    adopt_layouts(connection).await?;
    let streams = tables.adopt_streams(connection, is_first).await?;
    let unreadable_streams: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM (SELECT DISTINCT p.stream_id FROM public.streams p \
         WHERE NOT EXISTS (SELECT FROM streams s \
         WHERE s.tenant = 'default' AND s.stream_id = p.stream_id)) AS missing",
    )
    .fetch_one(&mut *connection)
    .await?;
    let waiting_blocks = tables.adopt_blocks(connection, is_first).await?;
    number_waiting_blocks(connection).await?;
    let now: i64 = sqlx::query_scalar("SELECT commit_sequence FROM lake_state")
        .fetch_one(&mut *connection)
        .await?;
    let adopted = Adopted {
        processes,
        streams,
        unreadable_streams: unreadable_streams.unsigned_abs(),
        blocks: (now - last).unsigned_abs(),
        waiting_blocks,
    };
    if processes + streams + adopted.blocks + waiting_blocks > 0 {
        transaction.commit().await?;
    }
    Ok(adopted)
}

/// Reads each different pair of tables of types once, and stores it as a layout.
async fn adopt_layouts(connection: &mut PgConnection) -> Result<()> {
    let pairs = sqlx::query(
        "SELECT DISTINCT p.dependencies_metadata AS dependencies, p.objects_metadata AS objects \
         FROM public.streams p WHERE NOT EXISTS (SELECT FROM streams s \
         WHERE s.tenant = 'default' AND s.stream_id = p.stream_id)",
    )
    .fetch_all(&mut *connection)
    .await?;
    for pair in pairs {
        let dependencies: Option<Vec<u8>> = pair.try_get("dependencies")?;
        let objects: Option<Vec<u8>> = pair.try_get("objects")?;
        let (dependencies, objects) =
            (dependencies.unwrap_or_default(), objects.unwrap_or_default());
        let Some(layout) = read_layout(&dependencies, &objects) else {
            continue;
        };
        let layout = layout.canonical();
        let hash = layout.hash();
        sqlx::query(
            "WITH stored AS (INSERT INTO stream_layouts (hash, document) VALUES ($1, $2) \
             ON CONFLICT DO NOTHING) \
             INSERT INTO pg_temp.adopted_layouts (dependencies, objects, hash) \
             VALUES (sha256($3), sha256($4), $1)",
        )
        .bind(hash.as_bytes().as_slice())
        .bind(layout.to_cbor())
        .bind(dependencies)
        .bind(objects)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

fn read_layout(dependencies: &[u8], objects: &[u8]) -> Option<StreamLayout> {
    Some(StreamLayout {
        dependencies: layouts_from_cbor(dependencies).ok()?,
        objects: layouts_from_cbor(objects).ok()?,
    })
}

/// Numbers blocks that had waited, here or there, for what has been taken over.
async fn number_waiting_blocks(connection: &mut PgConnection) -> Result<()> {
    let waited_for =
        sqlx::query("SELECT DISTINCT stream_id FROM waiting_blocks WHERE tenant = 'default'")
            .fetch_all(&mut *connection)
            .await?;
    let mut streams: Vec<uuid::Uuid> = Vec::new();
    for row in waited_for {
        streams.push(row.try_get("stream_id")?);
    }
    sqlx::query(include_str!("number_waiting_blocks.sql"))
        .bind(vec!["default".to_owned(); streams.len()])
        .bind(streams)
        .bind(Vec::<String>::new())
        .bind(Vec::<uuid::Uuid>::new())
        .execute(connection)
        .await?;
    Ok(())
}

/// What differs between the versions of the published schema.
struct Tables {
    streams_have_formats: bool,
    blocks_have_insert_times: bool,
}

impl Tables {
    async fn look(connection: &mut PgConnection) -> Result<Self> {
        let columns = sqlx::query(
            "SELECT table_name::text AS t, column_name::text AS c FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name IN ('processes', 'streams', 'blocks')",
        )
        .fetch_all(connection)
        .await?;
        let mut names = std::collections::HashSet::new();
        for column in &columns {
            let (table, column): (String, String) = (column.try_get("t")?, column.try_get("c")?);
            names.insert(format!("{table}.{column}"));
        }
        let expected =
            ["processes.process_id", "streams.dependencies_metadata", "blocks.payload_size"];
        if expected.iter().any(|name| !names.contains(*name)) {
            let what = "the published tables public.processes, public.streams and public.blocks";
            return Err(Error::not_found(what).into());
        }
        Ok(Self {
            streams_have_formats: names.contains("streams.format"),
            blocks_have_insert_times: names.contains("blocks.insert_time"),
        })
    }

    async fn adopt_streams(&self, connection: &mut PgConnection, is_first: bool) -> Result<u64> {
        let format = if self.streams_have_formats { "p.format" } else { "'micromegas-transit'" };
        let statement = include_str!("adopt_streams.sql").replace("{format}", format);
        let done =
            sqlx::query(sqlx::AssertSqlSafe(statement)).bind(is_first).execute(connection).await?;
        Ok(done.rows_affected())
    }

    /// Takes blocks over and tells how many of them wait.
    async fn adopt_blocks(&self, connection: &mut PgConnection, is_first: bool) -> Result<u64> {
        let time = if self.blocks_have_insert_times {
            "coalesce(p.insert_time, p.end_time)"
        } else {
            "p.end_time"
        };
        let statement = include_str!("adopt_blocks.sql").replace("{insert_time}", time);
        let waiting: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
            .bind(is_first)
            .fetch_one(connection)
            .await?;
        Ok(waiting.unsigned_abs())
    }
}
