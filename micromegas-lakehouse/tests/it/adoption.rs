//! A database and a directory of the published layout are taken over as they are.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use micromegas_lakehouse::{
    Adopted, Error, Lake, LakeOptions, Lakehouse, MetadataStore, Missing, PostgresOptions,
    PostgresStore, Tenant, open_object_store,
};
use micromegas_transit::layouts_to_cbor;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};
use uuid::Uuid;

use crate::cluster;
use crate::fixture::{block, blocks, layout, payload, process, stream};

/// The published tables at version 8, with rows of all sorts.
const PUBLISHED: &str = include_str!("published_schema.sql");

struct Installation {
    url: String,
    store: Arc<PostgresStore>,
    objects: Arc<dyn ObjectStore>,
}

impl Installation {
    async fn new(statements: &[&str]) -> Self {
        let url = cluster::shared().make_database().await;
        let mut connection = PgConnection::connect(&url).await.unwrap();
        for statement in statements {
            let size = payload(100).to_raw().as_bytes().len().to_string();
            let statement = AssertSqlSafe(statement.replace("SIZE_OF_PAYLOAD", &size));
            sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
        }
        let table = layouts_to_cbor(&layout().objects);
        sqlx::query("UPDATE streams SET objects_metadata = $1 WHERE objects_metadata = 'known'")
            .bind(table)
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        let store = PostgresStore::connect(&url, PostgresOptions::default()).await.unwrap();
        let objects = open_object_store("memory:///", &Default::default()).unwrap();
        Self { url, store: Arc::new(store), objects }
    }

    async fn execute(&self, statement: &str) {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        let statement = AssertSqlSafe(statement.to_owned());
        sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    fn lakehouse(&self) -> Lakehouse {
        Lakehouse::new(Arc::clone(&self.store) as Arc<dyn MetadataStore>, Arc::clone(&self.objects))
    }

    /// Puts the payloads of blocks where published servers put them.
    async fn put_payloads(&self, numbers: &[u128], stream: u128, process: u128) {
        for number in numbers {
            let [process, stream, block] = [process, stream, *number].map(Uuid::from_u128);
            let key = Path::from(format!("blobs/{process}/{stream}/{block}"));
            let bytes = PutPayload::from(payload(*number).to_raw().into_bytes());
            self.objects.put(&key, bytes).await.unwrap();
        }
    }
}

async fn numbered(lakehouse: &Lakehouse) -> Vec<(u64, u128)> {
    let found = blocks(lakehouse).await;
    found.iter().map(|block| (block.sequence.as_u64(), block.block_id.as_u128())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn old_rows_are_numbered_once_in_the_order_of_their_insertion() {
    let old = Installation::new(&[PUBLISHED]).await;
    old.put_payloads(&[100, 101, 102, 103], 2, 1).await;
    let lakehouse = old.lakehouse();
    let adopted = old.store.adopt_published().await.unwrap();
    assert_eq!((adopted.processes, adopted.streams, adopted.unreadable_streams), (2, 2, 1));
    assert_eq!((adopted.blocks, adopted.waiting_blocks), (4, 2));
    // 102 was inserted first; 100 and 101 have the same insert_time; 103 is the last.
    assert_eq!(numbered(&lakehouse).await, [(1, 102), (2, 100), (3, 101), (4, 103)]);
    for block in blocks(&lakehouse).await {
        let expected = payload(block.block_id.as_u128());
        assert_eq!(lakehouse.fetch_payload(&block).await.unwrap(), expected);
    }
    let mut nothing = Adopted::default();
    nothing.unreadable_streams = 1;
    assert_eq!(old.store.adopt_published().await.unwrap(), nothing);
    assert_eq!(numbered(&lakehouse).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_come_over_whole() {
    let old = Installation::new(&[PUBLISHED]).await;
    old.store.adopt_published().await.unwrap();
    let tenant = Tenant::default();
    let process = old.store.fetch_process(&tenant, Uuid::from_u128(1)).await.unwrap().unwrap();
    assert_eq!(process.info.exe, "game \u{10FFFF}0.exe");
    assert_eq!(process.info.realname, "");
    assert_eq!(process.info.tsc_frequency, 3_000_000_000);
    assert_eq!(
        process.info.start_time,
        "2024-05-01T10:00:00.123456Z".parse::<DateTime<Utc>>().unwrap()
    );
    assert_eq!(process.info.parent_process_id, Some(Uuid::from_u128(7)));
    assert_eq!(process.info.properties["version"], "1 \"2\"");
    assert_eq!(process.insert_time, "2024-05-01T10:00:01Z".parse::<DateTime<Utc>>().unwrap());
    assert_eq!(process.last_block_end_ticks, Some(900));
    assert_eq!(process.last_update_time, Some("2024-05-01T10:00:09Z".parse().unwrap()));
    let stream = old.store.fetch_stream(&tenant, Uuid::from_u128(2)).await.unwrap().unwrap();
    assert_eq!(stream.tags, ["log", "second tag"]);
    assert_eq!(stream.format, "micromegas-transit");
    assert_eq!(stream.properties["thread-name"], "main");
    assert_eq!(*old.store.fetch_layout(stream.layout).await.unwrap(), layout().canonical());
    let otlp = old.store.fetch_stream(&tenant, Uuid::from_u128(12)).await.unwrap().unwrap();
    assert_eq!(otlp.format, "otlp/v1/logs");
    let block = blocks(&old.lakehouse()).await.remove(1);
    assert_eq!(block.begin_time, "2024-05-01T10:00:02Z".parse::<DateTime<Utc>>().unwrap());
    assert_eq!((block.begin_ticks, block.end_ticks), (100, 200));
    assert_eq!((block.event_count, block.object_offset), (10, 5));
    let waiting = old.store.list_waiting_blocks(&[tenant], None, 10).await.unwrap();
    let missing: Vec<_> =
        waiting.iter().map(|block| (block.block_id.as_u128(), block.missing)).collect();
    assert_eq!(missing, [(200, Missing::StreamAndProcess), (201, Missing::Stream)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrives_later_is_numbered_after_what_was_adopted() {
    let old = Installation::new(&[PUBLISHED]).await;
    old.store.adopt_published().await.unwrap();
    let lakehouse = old.lakehouse();
    let lake = Lake::new(lakehouse.clone(), LakeOptions::default());
    let tenant = Tenant::default();
    lake.insert_block(&tenant, block(300, 2, 1)).await.unwrap();
    lake.insert_block(&tenant, block(100, 2, 1)).await.unwrap();
    // The published server went on meanwhile: a block, and the process and stream of block 200.
    old.execute(
        "INSERT INTO blocks (block_id, stream_id, process_id, begin_time, begin_ticks, end_time, \
         end_ticks, nb_objects, object_offset, payload_size, insert_time) \
         SELECT '00000000-0000-0000-0000-000000000068', stream_id, process_id, begin_time, \
         begin_ticks, end_time, end_ticks, nb_objects, object_offset, payload_size, insert_time \
         FROM blocks WHERE block_id = '00000000-0000-0000-0000-000000000064'; \
         INSERT INTO processes (process_id, exe, insert_time) \
         VALUES ('00000000-0000-0000-0000-000000000009', 'late', now()); \
         INSERT INTO streams (stream_id, process_id, dependencies_metadata, objects_metadata, \
         tags, insert_time) VALUES ('00000000-0000-0000-0000-000000000013', \
         '00000000-0000-0000-0000-000000000009', '\\x80', '\\x80', '{log}', now())",
    )
    .await;
    let adopted = old.store.adopt_published().await.unwrap();
    assert_eq!((adopted.processes, adopted.streams, adopted.blocks), (1, 1, 2));
    let expected = [(1, 102), (2, 100), (3, 101), (4, 103), (5, 300), (6, 104), (7, 200)];
    assert_eq!(numbered(&lakehouse).await, expected);
    let times: Vec<_> = blocks(&lakehouse).await.iter().map(|block| block.insert_time).collect();
    assert!(times.is_sorted(), "{times:?}");
    let snapshot = lakehouse.store().snapshot().await.unwrap();
    assert!(snapshot.insert_time >= times[6]);
    for (index, time) in times.iter().enumerate() {
        let up_to = lakehouse.store().sequence_at(*time).await.unwrap().as_u64();
        assert!(up_to > index as u64, "{time} ends at {up_to}");
    }
    lake.insert_process(&tenant, process(500)).await.unwrap();
    lake.insert_stream(&tenant, stream(501, 500)).await.unwrap();
    lake.insert_block(&tenant, block(502, 501, 500)).await.unwrap();
    assert_eq!(numbered(&lakehouse).await[7], (8, 502));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_the_first_published_version_is_adopted() {
    let first =
        "ALTER TABLE blocks DROP COLUMN insert_time; ALTER TABLE streams DROP COLUMN format";
    let old = Installation::new(&[PUBLISHED, first]).await;
    let adopted = old.store.adopt_published().await.unwrap();
    assert_eq!(adopted.blocks, 4);
    // Without an insert_time, the end of the block stands in for it.
    let numbers = numbered(&old.lakehouse()).await;
    assert_eq!(numbers, [(1, 100), (2, 101), (3, 102), (4, 103)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_published_tables_has_nothing_to_adopt() {
    let url = cluster::shared().make_database().await;
    let store = PostgresStore::connect(&url, PostgresOptions::default()).await.unwrap();
    let error = store.adopt_published().await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
    assert!(error.to_string().contains("public.blocks"), "{error}");
}
