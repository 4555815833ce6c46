//! Partitions: commits and lists.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Postgres, QueryBuilder, Row};

use super::connect::begin;
use super::decode;
use super::failure::Result;
use super::leases::require_held;
use super::select::push_any_tenant;
use super::text::stored;
use crate::coverage::Coverage;
use crate::error::Error;
use crate::ledger::{
    NewPartition, PartitionCommit, PartitionFile, PartitionFilter, PartitionId, PartitionRecord,
    RetiredPartition, TimeRange,
};
use crate::sequence::LedgerVersion;
use crate::store::partition_codes::{bounds, decode_scope, encode_scope};
use crate::tenant::Tenant;

/// Takes the turn of this change and gives it the next version.
const TURN: &str = "UPDATE ledger_state SET ledger_version = ledger_version + 1";

pub(super) async fn commit(pool: &PgPool, commit: &PartitionCommit) -> Result<LedgerVersion> {
    commit.validate()?;
    let mut transaction = begin(pool, TURN).await?;
    let connection = &mut *transaction;
    for partition in &commit.add {
        require_new(connection, &commit.tenant, partition.id).await?;
    }
    if let Some(token) = &commit.lease {
        require_held(connection, token).await?;
    }
    let state = sqlx::query(
        "SELECT commit_sequence, ledger_version, \
         (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000 AS now \
         FROM lake_state, ledger_state",
    )
    .fetch_one(&mut *connection)
    .await?;
    let last = decode::sequence(&state, "commit_sequence")?;
    let version = LedgerVersion::new(decode::unsigned(&state, "ledger_version")?);
    let now: i64 = state.try_get("now")?;
    for id in &commit.retire {
        retire(connection, commit, *id, version, now).await?;
    }
    for partition in &commit.add {
        partition.require_given(last)?;
        require_uncovered(connection, commit, partition).await?;
        add(connection, commit, partition, version, now).await?;
    }
    transaction.commit().await?;
    Ok(version)
}

async fn require_new(
    connection: &mut PgConnection,
    tenant: &Tenant,
    id: PartitionId,
) -> Result<()> {
    let is_known: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM partitions WHERE tenant = $1 AND partition_id = $2)",
    )
    .bind(tenant.as_str())
    .bind(id.0)
    .fetch_one(connection)
    .await?;
    if is_known {
        let what = format!("partition {id}");
        return Err(Error::AlreadyExists { what }.into());
    }
    Ok(())
}

async fn retire(
    connection: &mut PgConnection,
    commit: &PartitionCommit,
    id: PartitionId,
    version: LedgerVersion,
    now: i64,
) -> Result<()> {
    let done = sqlx::query(
        "UPDATE partitions SET retired = $1, retired_time = $2 \
         WHERE tenant = $3 AND partition_id = $4 AND view = $5 AND retired IS NULL",
    )
    .bind(version.as_u64().cast_signed())
    .bind(now)
    .bind(commit.tenant.as_str())
    .bind(id.0)
    .bind(stored(&commit.view))
    .execute(connection)
    .await?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(Error::conflict(format!("partition {id} is not in the ledger any more")).into())
    }
}

/// Only partitions whose bounds overlap are read, so a commit of the newest blocks reads few.
async fn require_uncovered(
    connection: &mut PgConnection,
    commit: &PartitionCommit,
    partition: &NewPartition,
) -> Result<()> {
    let (first, last) = bounds(&partition.coverage);
    let rivals = sqlx::query(
        "SELECT partition_id, coverage FROM partitions WHERE tenant = $1 AND view = $2 \
         AND retired IS NULL AND last_sequence >= $3 AND first_sequence <= $4",
    )
    .bind(commit.tenant.as_str())
    .bind(stored(&commit.view))
    .bind(first)
    .bind(last)
    .fetch_all(connection)
    .await?;
    for rival in &rivals {
        let coverage = Coverage::from_bytes(rival.try_get("coverage")?)?;
        let id = PartitionId(rival.try_get("partition_id")?);
        if coverage.overlaps(&partition.coverage) {
            return Err(Error::conflict(format!(
                "blocks of partition {} are covered by partition {id} already",
                partition.id
            ))
            .into());
        }
    }
    Ok(())
}

async fn add(
    connection: &mut PgConnection,
    commit: &PartitionCommit,
    partition: &NewPartition,
    version: LedgerVersion,
    now: i64,
) -> Result<()> {
    let (first, last) = bounds(&partition.coverage);
    let (scope_kind, scope_id) = encode_scope(partition.scope);
    let file = partition.file.as_ref();
    let nanos = |time: DateTime<Utc>| time.timestamp_nanos_opt();
    sqlx::query(
        "INSERT INTO partitions (tenant, partition_id, view, scope_kind, scope_id, \
         schema_version, first_sequence, last_sequence, coverage, file_key, file_size, row_count, \
         file_checksum, min_event_time, max_event_time, min_insert_time, max_insert_time, created, \
         created_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
    )
    .bind(commit.tenant.as_str())
    .bind(partition.id.0)
    .bind(stored(&commit.view))
    .bind(scope_kind)
    .bind(scope_id)
    .bind(i64::from(partition.schema_version))
    .bind(first)
    .bind(last)
    .bind(partition.coverage.to_bytes())
    .bind(file.map(|file| stored(&file.key)))
    .bind(file.map(|file| file.size.cast_signed()))
    .bind(file.map(|file| file.row_count.cast_signed()))
    .bind(file.map(|file| file.checksum.to_string()))
    .bind(partition.event_time.and_then(|range| nanos(range.min)))
    .bind(partition.event_time.and_then(|range| nanos(range.max)))
    .bind(nanos(partition.insert_time.min))
    .bind(nanos(partition.insert_time.max))
    .bind(version.as_u64().cast_signed())
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn list(
    pool: &PgPool,
    tenants: &[Tenant],
    version: LedgerVersion,
    filter: &PartitionFilter,
) -> Result<Vec<PartitionRecord>> {
    let version = version.as_u64().cast_signed();
    let mut query = QueryBuilder::<Postgres>::new("SELECT * FROM partitions t WHERE t.tenant");
    push_any_tenant(&mut query, tenants);
    query.push(" AND t.created <= ").push_bind(version);
    query.push(" AND (t.retired IS NULL OR t.retired > ").push_bind(version).push(")");
    if let Some(view) = &filter.view {
        query.push(" AND t.view = ").push_bind(stored(view).into_owned());
    }
    if let Some(scopes) = &filter.scopes {
        let (kinds, ids): (Vec<_>, Vec<_>) = scopes.iter().copied().map(encode_scope).unzip();
        query.push(" AND EXISTS (SELECT FROM unnest(").push_bind(kinds).push("::bigint[], ");
        query.push_bind(ids).push(
            "::uuid[]) AS s (kind, id) \
             WHERE t.scope_kind = s.kind AND t.scope_id IS NOT DISTINCT FROM s.id)",
        );
    }
    query.push(" ORDER BY t.created, t.place");
    query.build().fetch_all(pool).await?.iter().map(record).collect()
}

pub(super) async fn list_retired(
    pool: &PgPool,
    age: Duration,
    limit: usize,
) -> Result<Vec<RetiredPartition>> {
    let rows = sqlx::query(
        "SELECT * FROM partitions t WHERE t.retired IS NOT NULL AND t.retired_time <= \
         (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000 - $1 \
         ORDER BY t.retired_time, t.place LIMIT $2",
    )
    .bind(i64::try_from(age.as_nanos()).unwrap_or(i64::MAX))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(RetiredPartition {
                tenant: decode::tenant(row)?,
                id: PartitionId(row.try_get("partition_id")?),
                file: file(row)?,
                retired_time: decode::time(row, "retired_time")?,
            })
        })
        .collect()
}

pub(super) async fn delete_retired(
    pool: &PgPool,
    tenant: &Tenant,
    ids: &[PartitionId],
) -> Result<()> {
    sqlx::query(
        "DELETE FROM partitions \
         WHERE tenant = $1 AND partition_id = ANY($2) AND retired IS NOT NULL",
    )
    .bind(tenant.as_str())
    .bind(ids.iter().map(|id| id.0).collect::<Vec<_>>())
    .execute(pool)
    .await?;
    Ok(())
}

fn record(row: &PgRow) -> Result<PartitionRecord> {
    let least = decode::optional_time(row, "min_event_time")?;
    let greatest = decode::optional_time(row, "max_event_time")?;
    let retired: Option<i64> = row.try_get("retired")?;
    Ok(PartitionRecord {
        id: PartitionId(row.try_get("partition_id")?),
        tenant: decode::tenant(row)?,
        view: decode::text(row, "view")?,
        scope: decode_scope(row.try_get("scope_kind")?, row.try_get("scope_id")?)?,
        schema_version: schema_version(row)?,
        coverage: Coverage::from_bytes(row.try_get("coverage")?)?,
        file: file(row)?,
        event_time: least.zip(greatest).map(|(min, max)| TimeRange { min, max }),
        insert_time: TimeRange {
            min: decode::time(row, "min_insert_time")?,
            max: decode::time(row, "max_insert_time")?,
        },
        created: LedgerVersion::new(decode::unsigned(row, "created")?),
        created_time: decode::time(row, "created_time")?,
        retired: retired.map(|version| LedgerVersion::new(version.unsigned_abs())),
    })
}

fn file(row: &PgRow) -> Result<Option<PartitionFile>> {
    let Some(key) = decode::optional_text(row, "file_key")? else {
        return Ok(None);
    };
    let checksum: &str = row.try_get("file_checksum")?;
    Ok(Some(PartitionFile {
        key,
        size: decode::unsigned(row, "file_size")?,
        row_count: decode::unsigned(row, "row_count")?,
        checksum: checksum.parse()?,
    }))
}

fn schema_version(row: &PgRow) -> Result<u32> {
    let version: i64 = row.try_get("schema_version")?;
    Ok(u32::try_from(version)
        .map_err(|_| Error::corrupt("a partition's schema version", format!("it is {version}")))?)
}
