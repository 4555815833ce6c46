//! Partitions: commits and lists.

use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection, SqlitePool};

use super::connect::begin;
use super::decode;
use super::failure::Result;
use super::leases::require_held;
use super::select::{push_in_tenants, push_limit};
use crate::coverage::Coverage;
use crate::error::Error;
use crate::ledger::{
    NewPartition, PartitionCommit, PartitionFile, PartitionFilter, PartitionId, PartitionRecord,
    RetiredPartition, TimeRange,
};
use crate::sequence::LedgerVersion;
use crate::store::partition_codes::{bounds, decode_scope, encode_scope};
use crate::tenant::Tenant;
use crate::time::to_nanos;

pub(super) async fn commit(writer: &SqlitePool, commit: &PartitionCommit) -> Result<LedgerVersion> {
    commit.validate()?;
    let mut transaction = begin(writer).await?;
    let connection = &mut *transaction;
    for partition in &commit.add {
        require_new(connection, &commit.tenant, partition.id).await?;
    }
    if let Some(token) = &commit.lease {
        require_held(connection, token).await?;
    }
    let state = sqlx::query("SELECT commit_sequence, ledger_version FROM lake_state")
        .fetch_one(&mut *connection)
        .await?;
    let last = decode::sequence(&state, "commit_sequence")?;
    let version = LedgerVersion::new(decode::unsigned(&state, "ledger_version")?).next();
    let now = to_nanos(Utc::now().trunc_subsecs(6), "now")?;
    for id in &commit.retire {
        retire(connection, commit, *id, version, now).await?;
    }
    for partition in &commit.add {
        partition.require_given(last)?;
        require_uncovered(connection, commit, partition).await?;
        add(connection, commit, partition, version, now).await?;
    }
    sqlx::query("UPDATE lake_state SET ledger_version = ?")
        .bind(version.as_u64().cast_signed())
        .execute(&mut *connection)
        .await?;
    transaction.commit().await?;
    Ok(version)
}

async fn require_new(
    connection: &mut SqliteConnection,
    tenant: &Tenant,
    id: PartitionId,
) -> Result<()> {
    let is_known: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM partitions WHERE tenant = ? AND partition_id = ?)",
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
    connection: &mut SqliteConnection,
    commit: &PartitionCommit,
    id: PartitionId,
    version: LedgerVersion,
    now: i64,
) -> Result<()> {
    let done = sqlx::query(
        "UPDATE partitions SET retired = ?, retired_time = ? \
         WHERE tenant = ? AND partition_id = ? AND view = ? AND retired IS NULL",
    )
    .bind(version.as_u64().cast_signed())
    .bind(now)
    .bind(commit.tenant.as_str())
    .bind(id.0)
    .bind(&commit.view)
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
    connection: &mut SqliteConnection,
    commit: &PartitionCommit,
    partition: &NewPartition,
) -> Result<()> {
    let (first, last) = bounds(&partition.coverage);
    let rivals = sqlx::query(
        "SELECT partition_id, coverage FROM partitions WHERE tenant = ? AND view = ? \
         AND retired IS NULL AND last_sequence >= ? AND first_sequence <= ?",
    )
    .bind(commit.tenant.as_str())
    .bind(&commit.view)
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
    connection: &mut SqliteConnection,
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
         created_time) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(commit.tenant.as_str())
    .bind(partition.id.0)
    .bind(&commit.view)
    .bind(scope_kind)
    .bind(scope_id)
    .bind(partition.schema_version)
    .bind(first)
    .bind(last)
    .bind(partition.coverage.to_bytes())
    .bind(file.map(|file| file.key.as_str()))
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
    readers: &SqlitePool,
    tenants: &[Tenant],
    version: LedgerVersion,
    filter: &PartitionFilter,
) -> Result<Vec<PartitionRecord>> {
    let version = version.as_u64().cast_signed();
    let mut query = QueryBuilder::<Sqlite>::new("SELECT * FROM partitions t WHERE t.tenant");
    push_in_tenants(&mut query, tenants);
    query.push(" AND t.created <= ").push_bind(version);
    query.push(" AND (t.retired IS NULL OR t.retired > ").push_bind(version).push(")");
    if let Some(view) = &filter.view {
        query.push(" AND t.view = ").push_bind(view.clone());
    }
    if let Some(scopes) = &filter.scopes {
        query.push(" AND (0");
        for (kind, id) in scopes.iter().copied().map(encode_scope) {
            query.push(" OR (t.scope_kind = ").push_bind(kind);
            query.push(" AND t.scope_id IS ").push_bind(id).push(")");
        }
        query.push(")");
    }
    query.push(" ORDER BY t.created, t.rowid");
    query.build().fetch_all(readers).await?.iter().map(record).collect()
}

pub(super) async fn list_retired(
    readers: &SqlitePool,
    age: Duration,
    limit: usize,
) -> Result<Vec<RetiredPartition>> {
    let age = TimeDelta::from_std(age).unwrap_or(TimeDelta::MAX);
    let newest = Utc::now().checked_sub_signed(age).and_then(|time| time.timestamp_nanos_opt());
    let mut query = QueryBuilder::<Sqlite>::new(
        "SELECT * FROM partitions t WHERE t.retired IS NOT NULL AND t.retired_time <= ",
    );
    query.push_bind(newest.unwrap_or(i64::MIN)).push(" ORDER BY t.retired_time, t.rowid");
    push_limit(&mut query, limit);
    let rows = query.build().fetch_all(readers).await?;
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
    writer: &SqlitePool,
    tenant: &Tenant,
    ids: &[PartitionId],
) -> Result<()> {
    let mut transaction = begin(writer).await?;
    for id in ids {
        sqlx::query(
            "DELETE FROM partitions \
             WHERE tenant = ? AND partition_id = ? AND retired IS NOT NULL",
        )
        .bind(tenant.as_str())
        .bind(id.0)
        .execute(&mut *transaction)
        .await?;
    }
    transaction.commit().await?;
    Ok(())
}

fn record(row: &SqliteRow) -> Result<PartitionRecord> {
    let least = decode::optional_time(row, "min_event_time")?;
    let greatest = decode::optional_time(row, "max_event_time")?;
    let retired: Option<i64> = row.try_get("retired")?;
    Ok(PartitionRecord {
        id: PartitionId(row.try_get("partition_id")?),
        tenant: decode::tenant(row)?,
        view: row.try_get("view")?,
        scope: decode_scope(row.try_get("scope_kind")?, row.try_get("scope_id")?)?,
        schema_version: row.try_get("schema_version")?,
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

fn file(row: &SqliteRow) -> Result<Option<PartitionFile>> {
    let Some(key) = row.try_get::<Option<String>, _>("file_key")? else {
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
