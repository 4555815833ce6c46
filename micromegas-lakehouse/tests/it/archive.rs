//! A process goes from one lake to another, whatever stores they have, and nothing is lost.

use std::io::Cursor;
use std::sync::Arc;

use futures::future::join_all;
use micromegas_lakehouse::{
    Archived, AuditFilter, BlockFilter, Error, Lake, LakeOptions, Lakehouse, NewStream,
    ObjectStoreOptions, PostgresOptions, PostgresStore, ProcessFilter, RecordKey, StreamFilter,
    Tenant, export_process, forget_process, import_process, open_object_store,
};
use micromegas_transit::ProcessInfo;
use uuid::Uuid;

use crate::cluster;
use crate::fixture::{block, process, stream};
use crate::s3_server::S3Server;

const BY: &str = "command line: ada";

fn key(tenant: &Tenant) -> RecordKey {
    RecordKey::new(tenant.clone(), Uuid::from_u128(1))
}

/// A lake with two processes, of which 1 has a native stream with 600 blocks, and one of another
/// format with a block.
async fn filled(lakehouse: Lakehouse) -> Lake {
    let lake = Lake::new(lakehouse, LakeOptions::default());
    let tenant = Tenant::default();
    for number in [1, 3] {
        let properties = [("stage".to_owned(), format!("canary {number}"))].into();
        let info = ProcessInfo { properties, ..process(number) };
        lake.insert_process(&tenant, info).await.unwrap();
        lake.insert_stream(&tenant, stream(number + 1, number)).await.unwrap();
    }
    let other = NewStream::new(tenant.clone(), stream(5, 1));
    let other = NewStream { format: "otlp/logs".to_owned(), ..other };
    lake.insert_new_stream(other).await.unwrap();
    for numbers in (100..700).collect::<Vec<_>>().chunks(100) {
        join_all(numbers.iter().map(|number| lake.insert_block(&tenant, block(*number, 2, 1))))
            .await
            .into_iter()
            .collect::<Result<Vec<_>, _>>()
            .unwrap();
    }
    lake.insert_block(&tenant, block(701, 5, 1)).await.unwrap();
    lake.insert_block(&tenant, block(702, 4, 3)).await.unwrap();
    lake
}

async fn exported(lake: &Lake, tenant: &Tenant) -> (Vec<u8>, Archived) {
    export_process(lake.lakehouse(), &key(tenant), BY, Vec::new()).await.unwrap()
}

/// All that a lake holds of a tenant, but for what its servers gave it: places, numbers and times.
async fn content(lakehouse: &Lakehouse, tenant: &Tenant) -> Vec<String> {
    let tenants = std::slice::from_ref(tenant);
    let store = lakehouse.store();
    let mut content = Vec::new();
    for process in store.list_processes(tenants, &ProcessFilter::default(), 10).await.unwrap() {
        content.push(format!("{:?}", process.info));
    }
    for stream in store.list_streams(tenants, &StreamFilter::default(), 10).await.unwrap() {
        let layout = lakehouse.fetch_layout(stream.layout).await.unwrap();
        let (tags, format) = (stream.tags, stream.format);
        content.push(format!("{} {tags:?} {format} {layout:?}", stream.stream_id));
    }
    let mut blocks = Vec::new();
    for block in store.list_blocks(tenants, &BlockFilter::default(), 10_000).await.unwrap() {
        let payload = lakehouse.fetch_payload_bytes(&block.payload).await.unwrap();
        blocks.push(format!(
            "{} {} {} {:?} {:?} {} {} {payload:?}",
            block.block_id,
            block.stream_id,
            block.process_id,
            (block.begin_time, block.begin_ticks, block.end_time, block.end_ticks),
            (block.event_ticks, block.skipped_events),
            block.object_offset,
            block.event_count,
        ));
    }
    blocks.sort();
    content.extend(blocks);
    content
}

async fn actions(lakehouse: &Lakehouse, tenant: &Tenant) -> Vec<String> {
    let tenants = std::slice::from_ref(tenant);
    let log = lakehouse.store().list_audit(tenants, &AuditFilter::default(), 100).await.unwrap();
    assert!(log.iter().all(|entry| entry.record.actor == BY), "{log:?}");
    assert!(log.iter().all(|entry| entry.record.target == Uuid::from_u128(1).to_string()));
    log.into_iter().map(|entry| entry.record.action).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_goes_from_a_directory_to_a_cluster_and_back() {
    let directory = tempfile::tempdir().unwrap();
    let source = filled(Lakehouse::open_local(directory.path()).await.unwrap()).await;
    let home = Tenant::default();
    let (archive, told) = exported(&source, &home).await;
    assert_eq!((told.streams, told.blocks), (2, 601));
    assert_eq!(actions(source.lakehouse(), &home).await, ["process.export", "process.exported"]);

    let database = cluster::shared().make_database().await;
    let store = PostgresStore::connect(&database, PostgresOptions::default()).await.unwrap();
    let bucket = S3Server::start().await;
    let objects = open_object_store(&bucket.url(), &ObjectStoreOptions::default()).unwrap();
    let cluster = Lake::new(Lakehouse::new(Arc::new(store), objects), LakeOptions::default());
    let team = Tenant::new("team-a").unwrap();
    for _ in 0..2 {
        // The second time everything is there already.
        let input = Cursor::new(archive.clone());
        let imported = import_process(&cluster, &team, BY, input).await.unwrap();
        assert_eq!(imported, (key(&team), told));
    }
    let there = content(cluster.lakehouse(), &team).await;
    assert_eq!(there.len(), 1 + 2 + 601);
    let log = actions(cluster.lakehouse(), &team).await;
    assert_eq!(log[..2], ["process.import", "process.imported"]);

    let (again, _) = exported(&cluster, &team).await;
    let directory = tempfile::tempdir().unwrap();
    let back = Lakehouse::open_local(directory.path()).await.unwrap();
    let back = Lake::new(back, LakeOptions::default());
    import_process(&back, &home, BY, Cursor::new(again)).await.unwrap();
    assert_eq!(content(back.lakehouse(), &home).await, there);
    // The other process stayed where it was.
    let all = content(source.lakehouse(), &home).await;
    assert!(there.iter().all(|row| all.contains(row)));
    assert_eq!(all.len(), there.len() + 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_whole_archive_is_refused() {
    let source = filled(Lakehouse::in_memory()).await;
    let (archive, _) = exported(&source, &Tenant::default()).await;
    let import = async |bytes: Vec<u8>| {
        let lake = Lake::new(Lakehouse::in_memory(), LakeOptions::default());
        import_process(&lake, &Tenant::default(), BY, Cursor::new(bytes)).await.unwrap_err()
    };
    let step = archive.len() / 40;
    // The last kilobyte is the empty end of every tar file.
    for end in (0..archive.len() - 1_536).step_by(step) {
        let error = import(archive[..end].to_vec()).await;
        assert!(matches!(error, Error::Corrupt { .. }), "cut at {end}: {error:?}");
    }
    let error = import(b"nonsense ".repeat(1_000)).await;
    assert!(matches!(error, Error::Corrupt { .. }), "{error:?}");
    let changed = |from: &str, to: &str| {
        let mut bytes = archive.clone();
        let place = bytes.windows(from.len()).position(|window| window == from.as_bytes());
        let place = place.unwrap();
        bytes[place..place + to.len()].copy_from_slice(to.as_bytes());
        bytes
    };
    let error = import(changed("\"micromegas_archive\":1", "\"micromegas_archive\":9")).await;
    assert!(matches!(error, Error::Unsupported { .. }), "{error:?}");
    let id = Uuid::from_u128(1).to_string();
    let error = import(changed(&id, &Uuid::from_u128(7).to_string())).await;
    assert!(error.to_string().contains("belongs to another process"), "{error}");
}

#[tokio::test]
async fn what_is_not_there_and_what_was_forgotten_are_told() {
    let source = filled(Lakehouse::in_memory()).await;
    let home = Tenant::default();
    let nobody = RecordKey::new(home.clone(), Uuid::from_u128(99));
    let error = export_process(source.lakehouse(), &nobody, BY, Vec::new()).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
    let other = key(&Tenant::new("team-a").unwrap());
    let error = export_process(source.lakehouse(), &other, BY, Vec::new()).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
    assert!(actions(source.lakehouse(), &home).await.is_empty());
    let error = export_process(source.lakehouse(), &key(&home), "", Vec::new()).await.unwrap_err();
    assert!(matches!(error, Error::InvalidInput { .. }), "{error:?}");

    let (archive, _) = exported(&source, &home).await;
    forget_process(&**source.lakehouse().store(), &key(&home), BY).await.unwrap();
    let error = import_process(&source, &home, BY, Cursor::new(archive)).await.unwrap_err();
    assert!(matches!(error, Error::Forgotten { .. }), "{error:?}");
}
