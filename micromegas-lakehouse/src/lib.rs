//! The lake (processes, streams and blocks of telemetry) and the ledger of its views, on SQLite,
//! PostgreSQL or memory for the metadata and any object store for the bytes.
//!
//! ```
//! use micromegas_lakehouse::{BlockFilter, Lake, LakeOptions, Lakehouse, Tenant};
//! # use micromegas_transit::{Block, Payload, ProcessInfo, StreamInfo, StreamLayout};
//! # use uuid::Uuid;
//! # fn documents() -> (ProcessInfo, StreamInfo, Block) {
//! #     let (process_id, stream_id, block_id) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
//! #     let time = chrono::DateTime::UNIX_EPOCH;
//! #     let text = String::new;
//! #     let payload = Payload { dependencies: Vec::new().into(), objects: Vec::new().into() }.to_raw();
//! #     (
//! #         ProcessInfo { process_id, exe: text(), username: text(), realname: text(), computer: text(), distro: text(),
//! #             cpu_brand: text(), tsc_frequency: 1, start_time: time, start_ticks: 0, parent_process_id: None, properties: Default::default() },
//! #         StreamInfo { process_id, stream_id, layout: StreamLayout::default(), tags: vec!["log".to_owned()], properties: Default::default() },
//! #         Block { block_id, stream_id, process_id, begin_time: time, begin_ticks: 0, end_time: time, end_ticks: 0, payload,
//! #             object_offset: 0, event_count: 0, event_ticks: None, skipped_events: 0 },
//! #     )
//! # }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> micromegas_lakehouse::Result<()> {
//! let lakehouse = Lakehouse::in_memory(); // or Lakehouse::open_local("data").await?
//! let lake = Lake::new(lakehouse.clone(), LakeOptions::default());
//! let tenant = Tenant::default();
//!
//! // Documents as clients send them, in any order.
//! let (process, stream, block) = documents();
//! lake.insert_block(&tenant, block).await?;
//! lake.insert_stream(&tenant, stream).await?;
//! lake.insert_process(&tenant, process).await?;
//!
//! // With all three there, the block has its number.
//! let filter = BlockFilter { tag: Some("log".to_owned()), ..BlockFilter::default() };
//! let blocks = lakehouse.store().list_blocks(&[tenant], &filter, 1000).await?;
//! assert_eq!(blocks[0].sequence.as_u64(), 1);
//! let payload = lakehouse.fetch_payload(&blocks[0]).await?;
//! # drop(payload);
//! # Ok(())
//! # }
//! ```
//!
//! # Concepts
//!
//! - A [`Lakehouse`] is a [`MetadataStore`] and an object store that belong together.
//! - The **lake** is what clients send: a *process*, its *streams*, and the *blocks* of a stream.
//!   A block is an opaque payload in the object store and one row of metadata. [`Lake`] writes:
//!   payload first, in a *segment*, an object shared with the blocks that arrive together, then the
//!   row, in a *group commit* shared with whatever arrives together. A segment that got no row is
//!   swept after an hour.
//! - What leaves the lake, by age ([`Retention`]) or because it must be forgotten
//!   ([`forget_process`]), loses its rows first and its bytes later ([`reclaim_objects`]).
//!   [`Housekeeping`] does both for a server.
//! - A block is *complete* when its stream and process are there too. It gets the next
//!   [`CommitSequence`] in the transaction that makes it so; until then it waits and is in no
//!   view. All reasoning about what is fresh rests on this number.
//! - The **ledger** says which *partitions* of a view exist and which numbers they *cover*
//!   ([`Coverage`]). A view's *fresh* blocks at a [`Snapshot`] are those up to its sequence that no
//!   partition visible at its version covers. [`PartitionCommit`] changes a view's partitions all
//!   at once, conditionally. Leases share the work; a block that a view cannot decode goes into
//!   *quarantine*.
//! - A [`Tenant`] is part of every identity, of every object key and of every look-up. A
//!   [`Principal`] says who asks, for which tenants, with which [`Rights`].
//!
//! # Guarantees and cost
//!
//! The contract of [`MetadataStore`] states atomicity, order and idempotence. An insert that was
//! answered survives the death of the process. Memory in flight is bounded by [`LakeOptions`];
//! beyond it inserts are refused with [`Error::Unavailable`], which is retryable. A group costs
//! one transaction whatever its size; a list costs what it returns, not what is stored.
//!
//! # Features
//!
//! - `conformance` exports the suite that every [`MetadataStore`] passes.
//! - `postgres`: `PostgresStore`, a store that many servers share.
//! - `aws`, `azure`, `gcp`: [`open_object_store`] takes the URLs of S3 and what speaks its protocol,
//!   Azure Blob Storage, and Google Cloud Storage.
//!
//! # What this crate is not
//!
//! It neither decodes payloads nor speaks HTTP or SQL to users: ingestion and analytics do, on top
//! of it. It reads no environment, but for what every PostgreSQL client takes from there, and opens
//! no socket but those to the stores it is told of.
#![forbid(unsafe_code)]

mod archive;
mod audit;
mod coverage;
mod durability;
mod error;
mod keys;
mod lake;
mod lakehouse;
mod layout_cache;
mod ledger;
mod local;
mod local_objects;
mod object_url;
mod objects;
mod principal;
mod redaction;
mod removal;
mod sequence;
mod sql_views;
mod store;
mod tenant;
mod time;

pub use archive::{Archived, export_process, import_process};
pub use audit::{AuditFilter, AuditLog, AuditRecord, NewAuditRecord};
pub use coverage::Coverage;
pub use durability::Durability;
pub use error::{Cause, Error, Result};
pub use keys::{
    ApiKeyRecord, KEY_NAME_BYTES_MAX, KeyFilter, KeyHash, KeyStore, NewApiKey, Revocation,
};
pub use lake::{
    BlockFilter, BlockRecord, InsertOutcome, Lake, LakeInsert, LakeOptions, Missing, NewBlock,
    NewProcess, NewStream, PayloadLocation, ProcessFilter, ProcessRecord, RecordKey, StreamFilter,
    StreamRecord, Swept, TRANSIT_FORMAT, WaitingBlock,
};
pub use lakehouse::Lakehouse;
pub use ledger::{
    Checksum, Lease, LeaseKey, LeaseToken, NewPartition, PartitionCommit, PartitionFile,
    PartitionFilter, PartitionId, PartitionRecord, QuarantineFilter, QuarantineKey,
    QuarantinedBlock, RetiredPartition, Scope, TimeRange, partition_key,
};
pub use object_url::{ObjectStoreOptions, open_object_store};
pub use principal::{Principal, Rights};
pub use redaction::{Redact, Redaction};
pub use removal::{
    Expired, Forgetting, Housekeeping, HousekeepingOptions, PayloadMove, PayloadReference,
    ReclaimableObject, Reclaimed, RemovalStore, RemovedProcesses, Retention, RetentionPolicy,
    forget_process, list_processes_of_user, reclaim_objects,
};
pub use sequence::{CommitSequence, LedgerVersion, Snapshot};
pub use sql_views::{
    NewSqlView, SqlViewRecord, SqlViewStore, VIEW_NAME_BYTES_MAX, VIEW_SQL_BYTES_MAX,
};
#[cfg(feature = "conformance")]
pub use store::conformance;
#[cfg(feature = "postgres")]
pub use store::{Adopted, PostgresOptions, PostgresStore};
pub use store::{MemoryStore, MetadataStore, SqliteStore};
pub use tenant::{TENANT_BYTES_MAX, Tenant};
