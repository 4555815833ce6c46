//! What was inserted comes back whole.

use std::slice::from_ref;
use std::time::Duration;

use micromegas_transit::TickRange;

use super::Subject;
use super::fixture::{
    ALL, block, blocks, id, layout, moment, new_block, new_process, new_stream, seed, tenant,
};
use crate::error::Error;
use crate::lake::{LakeInsert, PayloadLocation, ProcessFilter, StreamFilter, block_key};
use crate::ledger::LeaseKey;

pub(super) async fn a_process_comes_back_whole(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    let mut orphan = new_process(&tenant, 2);
    orphan.info.parent_process_id = None;
    orphan.info.exe = "x".repeat(10_000);
    orphan.info.properties.insert(String::new(), "line\nbreak \u{1F980}".to_owned());
    for process in [new_process(&tenant, 1), orphan] {
        store.insert(vec![LakeInsert::Process(process.clone())]).await.unwrap();
        let stored = store.fetch_process(&tenant, process.info.process_id).await.unwrap().unwrap();
        assert_eq!(stored.info, process.info);
        assert_eq!(stored.tenant, tenant);
        assert_eq!(stored.last_update_time, None);
        assert_eq!(stored.last_block_end_ticks, None);
        assert_eq!(stored.last_block_end_time, None);
    }
    let listed =
        store.list_processes(from_ref(&tenant), &ProcessFilter::default(), ALL).await.unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(Some(listed[0].clone()), store.fetch_process(&tenant, id(1)).await.unwrap());
}

pub(super) async fn a_stream_comes_back_whole(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    let mut stream = new_stream(&tenant, 2, 1, "log");
    stream.tags = vec!["z".to_owned(), "a b".to_owned(), "\"".to_owned()];
    stream.format = "otlp/v1/logs".to_owned();
    store.insert(vec![LakeInsert::Stream(stream.clone())]).await.unwrap();
    let stored = store.fetch_stream(&tenant, id(2)).await.unwrap().unwrap();
    assert_eq!(stored.process_id, id(1));
    assert_eq!(stored.layout, stream.layout_hash);
    assert_eq!(stored.tags, stream.tags);
    assert_eq!(stored.properties, stream.properties);
    assert_eq!(stored.format, stream.format);
    assert_eq!(stored.insert_time, store.snapshot().await.unwrap().insert_time);
    assert_eq!(stored.last_update_time, None);
    let listed =
        store.list_streams(from_ref(&tenant), &StreamFilter::default(), ALL).await.unwrap();
    assert_eq!(listed, [stored]);
}

/// Texts come from clients, and no store may refuse or change a character.
pub(super) async fn texts_of_every_character_come_back_whole(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    for (number, text) in (1u128..).zip(["", "a\0b\0", "\u{10FFFF}0\0", "\u{FFFE}\u{7F}'\\\"\n"]) {
        let mut process = new_process(&tenant, number);
        let info = &mut process.info;
        for field in [
            &mut info.exe,
            &mut info.username,
            &mut info.realname,
            &mut info.computer,
            &mut info.distro,
            &mut info.cpu_brand,
        ] {
            *field = text.to_owned();
        }
        info.properties.insert(text.to_owned(), text.to_owned());
        let mut stream = new_stream(&tenant, number, number, text);
        stream.tags.push(text.to_owned());
        stream.format = text.to_owned();
        stream.properties.insert(text.to_owned(), text.to_owned());
        let group = vec![LakeInsert::Process(process.clone()), LakeInsert::Stream(stream.clone())];
        store.insert(group).await.unwrap();
        let stored = store.fetch_process(&tenant, id(number)).await.unwrap().unwrap();
        assert_eq!(stored.info, process.info);
        let filter = StreamFilter { tag: Some(text.to_owned()), ..StreamFilter::default() };
        let stored = store.list_streams(from_ref(&tenant), &filter, ALL).await.unwrap();
        assert_eq!(stored.len(), 1, "{text:?}");
        assert_eq!(stored[0].tags, stream.tags);
        assert_eq!(stored[0].format, stream.format);
        assert_eq!(stored[0].properties, stream.properties);
        let lease = LeaseKey::new(tenant.clone(), text);
        let hour = Duration::from_secs(3600);
        assert_eq!(store.acquire_lease(&lease, text, hour).await.unwrap().unwrap().holder, text);
        assert_eq!(store.acquire_lease(&lease, text, hour).await.unwrap(), None);
    }
}

pub(super) async fn a_block_comes_back_whole(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    seed(&store, &tenant).await;
    let mut extreme = new_block(&tenant, 101, 2, 1);
    extreme.begin_ticks = i64::MIN;
    extreme.end_ticks = i64::MAX;
    extreme.object_offset = i64::MAX;
    extreme.event_count = i32::MIN;
    extreme.skipped_events = i64::MAX as u64;
    extreme.event_ticks = Some(TickRange { least: -5, greatest: i64::MAX });
    let mut own_object = new_block(&tenant, 102, 2, 1);
    let key = block_key(&tenant, id(1), id(2), id(102));
    own_object.payload = PayloadLocation::whole_object(key, 12);
    let sent = [new_block(&tenant, 100, 2, 1), extreme, own_object];
    for block in &sent {
        store.insert(vec![LakeInsert::Block(block.clone())]).await.unwrap();
    }
    for (stored, sent) in blocks(&store, &tenant).await.iter().zip(&sent) {
        assert_eq!(stored.tenant, sent.tenant);
        assert_eq!(stored.block_id, sent.block_id);
        assert_eq!(stored.stream_id, sent.stream_id);
        assert_eq!(stored.process_id, sent.process_id);
        assert_eq!(stored.begin_time, sent.begin_time);
        assert_eq!(stored.begin_ticks, sent.begin_ticks);
        assert_eq!(stored.end_time, sent.end_time);
        assert_eq!(stored.end_ticks, sent.end_ticks);
        assert_eq!(stored.object_offset, sent.object_offset);
        assert_eq!(stored.event_count, sent.event_count);
        assert_eq!(stored.payload, sent.payload);
        assert_eq!(stored.event_ticks, sent.event_ticks);
        assert_eq!(stored.skipped_events, sent.skipped_events);
    }
}

pub(super) async fn a_layout_is_found_by_its_hash(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    let stream = new_stream(&tenant, 2, 1, "log");
    let unknown = layout("NeverStored").canonical().hash();
    store
        .insert(vec![
            LakeInsert::Stream(stream.clone()),
            LakeInsert::Stream(new_stream(&tenant, 3, 1, "log")),
        ])
        .await
        .unwrap();
    assert_eq!(store.fetch_layout(stream.layout_hash).await.unwrap(), stream.layout);
    let error = store.fetch_layout(unknown).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
}

pub(super) async fn newest_blocks_move_processes_and_streams(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    seed(&store, &tenant).await;
    for (number, newest) in [(100, 100), (50, 100), (200, 200)] {
        store.insert(vec![block(&tenant, number, 2, 1)]).await.unwrap();
        let time = store.snapshot().await.unwrap().insert_time;
        let process = store.fetch_process(&tenant, id(1)).await.unwrap().unwrap();
        assert_eq!(process.last_update_time, Some(time));
        assert_eq!(process.last_block_end_ticks, Some(newest + 10));
        assert_eq!(process.last_block_end_time, Some(moment(newest + 10)));
        let stream = store.fetch_stream(&tenant, id(2)).await.unwrap().unwrap();
        assert_eq!(stream.last_update_time, Some(time));
    }
    store.insert(vec![block(&tenant, 900, 9, 1)]).await.unwrap();
    let process = store.fetch_process(&tenant, id(1)).await.unwrap().unwrap();
    assert_eq!(process.last_block_end_ticks, Some(210), "a waiting block counted");
}

pub(super) async fn what_is_not_there_is_none(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    assert_eq!(store.fetch_process(&tenant, id(1)).await.unwrap(), None);
    assert_eq!(store.fetch_stream(&tenant, id(2)).await.unwrap(), None);
    assert!(blocks(&store, &tenant).await.is_empty());
}
