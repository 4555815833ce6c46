use super::*;
use chrono::Utc;
use micromegas_transit::StreamLayout;
use std::collections::BTreeMap;
use tempfile::TempDir;

const URL: &str = "http://host:9000";

fn process() -> ProcessInfo {
    ProcessInfo {
        process_id: Uuid::new_v4(),
        exe: String::new(),
        username: String::new(),
        realname: String::new(),
        computer: String::new(),
        distro: String::new(),
        cpu_brand: String::new(),
        tsc_frequency: 0,
        start_time: Utc::now(),
        start_ticks: 0,
        parent_process_id: None,
        properties: BTreeMap::new(),
    }
}

fn stream(process: &ProcessInfo) -> StreamInfo {
    StreamInfo {
        process_id: process.process_id,
        stream_id: Uuid::new_v4(),
        layout: StreamLayout { dependencies: Vec::new(), objects: Vec::new() },
        tags: vec!["cpu".to_owned()],
        properties: BTreeMap::new(),
    }
}

fn options(folder: &TempDir, bytes_max: u64) -> SpoolOptions {
    SpoolOptions { bytes_max, ..SpoolOptions::new(folder.path()) }
}

fn open(folder: &TempDir) -> Spool {
    Spool::open(&options(folder, 1 << 20), URL).expect("a folder")
}

fn to_store<'a>(
    process: &'a ProcessInfo,
    stream: &'a StreamInfo,
    document: &'a [u8],
) -> ToStore<'a> {
    ToStore {
        process,
        stream,
        document,
        priority: 2,
        encoding: 1,
        event_count: 3,
        skipped_events: 4,
    }
}

fn store(spool: &mut Spool, process: &ProcessInfo, stream: &StreamInfo, document: &[u8]) -> Place {
    spool.store(&to_store(process, stream, document)).expect("there is room")
}

#[test]
fn the_next_start_adopts_what_the_dead_left_in_order_and_nothing_of_the_living() {
    let folder = tempfile::tempdir().expect("a folder");
    let (living, dead) = (process(), process());
    let (living_stream, dead_stream) = (stream(&living), stream(&dead));
    let mut alive = open(&folder);
    store(&mut alive, &living, &living_stream, b"not yet");
    let mut dying = open(&folder);
    for document in [b"one", b"two", b"six"] {
        store(&mut dying, &dead, &dead_stream, document);
    }
    drop(dying);

    let mut next = open(&folder);
    let adopted = next.adopt();
    assert!(open(&folder).adopt().is_empty(), "one adopts");
    let documents: Vec<_> =
        adopted.iter().map(|block| next.load(&block.place).expect("whole")).collect();
    assert_eq!(documents, [b"one", b"two", b"six"]);
    for block in &adopted {
        assert_eq!((&*block.process, &*block.stream), (&dead, &dead_stream));
        assert_eq!((block.encoding, block.event_count, block.skipped_events), (1, 3, 4));
        next.release(&block.place).expect("can be written");
    }
    assert_eq!(next.bytes(), 0);
    assert_eq!(next.folder.files().len(), 1, "that of the living");
}

#[test]
fn two_sinks_of_one_process_do_not_share_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = process();
    let stream = stream(&process);
    let (mut one, mut two) = (open(&folder), open(&folder));
    store(&mut one, &process, &stream, b"one");
    store(&mut two, &process, &stream, b"two");
    assert_eq!(one.folder.files().len(), 2);
}

#[test]
fn a_file_that_is_empty_at_the_end_is_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = process();
    let stream = stream(&process);
    let mut spool = open(&folder);
    let place = store(&mut spool, &process, &stream, b"one");
    spool.release(&place).expect("can be written");
    assert_eq!(spool.bytes(), 0);
    // Emptied files describe their streams anew.
    let place = store(&mut spool, &process, &stream, b"two");
    assert_eq!(spool.load(&place).expect("whole"), b"two");
    spool.release(&place).expect("can be written");
    let files = spool.folder.clone();
    drop(spool);
    assert!(files.files().is_empty());
}

#[test]
fn the_quota_is_of_all_files_of_the_target() {
    let folder = tempfile::tempdir().expect("a folder");
    let (one, two) = (process(), process());
    let (one_stream, two_stream) = (stream(&one), stream(&two));
    let open = || Spool::open(&options(&folder, 10_000), URL).expect("a folder");
    let (mut first, mut second) = (open(), open());
    store(&mut first, &one, &one_stream, &[1; 7_000]);
    let full = second.store(&to_store(&two, &two_stream, &[2; 2_000]));
    assert!(matches!(full, Err(NoPlace::Full)));
    store(&mut second, &two, &two_stream, &[2; 500]);
    assert!(first.folder.bytes() <= 10_000);
    // Another target has its own.
    let mut other = Spool::open(&options(&folder, 10_000), "http://other").expect("a folder");
    store(&mut other, &two, &two_stream, &[2; 2_000]);
}

#[test]
fn what_was_refused_is_kept_until_newer_files_need_the_room() {
    let folder = tempfile::tempdir().expect("a folder");
    let rejected = |path: &Folder| path.rejected().expect("a folder").files();
    let mut names = Vec::new();
    for _ in 0..3 {
        let process = process();
        let stream = stream(&process);
        let mut spool = Spool::open(&options(&folder, 40_000), URL).expect("a folder");
        spool.reject(&to_store(&process, &stream, &[1; 4_000])).expect("there is room");
        names.push(process.process_id.to_string());
        let paths = rejected(&spool.folder);
        assert!(
            paths
                .last()
                .is_some_and(|path| path.file_stem() == Some(names[names.len() - 1].as_ref()))
        );
        assert!(spool.folder.bytes() <= 10_000, "a quarter");
        // Not as things that wait.
        assert!(spool.adopt().is_empty());
        drop(spool);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let spool = open(&folder);
    let stems: Vec<_> = rejected(&spool.folder)
        .iter()
        .filter_map(|path| path.file_stem().map(ToOwned::to_owned))
        .collect();
    assert_eq!(stems, [names[1].as_str(), names[2].as_str()]);
}
