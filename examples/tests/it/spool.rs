//! A program without a server, killed; then its spool, read without one.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::started::{MICROMEGAS, SOON, Started, run};

#[test]
fn what_a_killed_program_left_can_be_asked_without_a_server() {
    let dir = tempfile::tempdir().unwrap();
    let files = dir.path().join("files");
    std::fs::create_dir(&files).unwrap();
    std::fs::write(files.join("only.txt"), "a line\n").unwrap();
    let spool = dir.path().join("spool");
    let [files, spool_arg] = [&files, &spool].map(|path| path.to_str().unwrap());
    // Nobody listens on port 1.
    let server = ["--url", "http://127.0.0.1:1"];
    let args = [&["index", files, "--seconds", "600", "--spool", spool_arg], &server[..]].concat();
    let mut program = Started::new(MICROMEGAS, &args);
    let file = wait_for_spool(&spool);
    program.kill();

    let file = file.to_str().unwrap();
    let there = run(MICROMEGAS, &["open", file, "--format", "csv"]).output();
    assert!(there.starts_with("exe,computer,tags,blocks,events,begin,end\n"), "{there}");
    let sql = "SELECT msg FROM log_entries WHERE msg LIKE 'indexing %'";
    let log = run(MICROMEGAS, &["open", file, "--format", "csv", "--sql", sql]).output();
    assert!(log.contains("indexing 1 files below"), "{log}");

    let cut = dir.path().join("cut.spool");
    let mut bytes = std::fs::read(file).unwrap();
    bytes.extend([1; 7]);
    std::fs::write(&cut, bytes).unwrap();
    let opened = run(MICROMEGAS, &["open", cut.to_str().unwrap(), "--format", "csv"]);
    assert_eq!(opened.stdout, there);
    assert!(opened.stderr.contains("the last 7 bytes hold no whole record"), "{opened:?}");

    let other = dir.path().join("other.spool");
    std::fs::write(&other, "not a spool").unwrap();
    let refused = run(MICROMEGAS, &["open", other.to_str().unwrap()]);
    assert!(!refused.status.success());
    assert!(refused.stderr.contains("holds no telemetry"), "{refused:?}");
}

/// The spool file once it holds the log.
fn wait_for_spool(spool: &Path) -> PathBuf {
    let deadline = Instant::now() + SOON;
    loop {
        if let Some(path) = spool_files(spool).into_iter().next() {
            let opened = run(MICROMEGAS, &["open", path.to_str().unwrap(), "--format", "csv"]);
            if opened.stdout.contains("log") {
                return path;
            }
        }
        assert!(Instant::now() < deadline, "no spool file holds the log");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The files in the folders of a spool.
pub(crate) fn spool_files(spool: &Path) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(spool).into_iter().flatten().flatten();
    let files = folders.flat_map(|folder| std::fs::read_dir(folder.path()).into_iter().flatten());
    let paths = files.flatten().map(|file| file.path());
    paths.filter(|path| path.extension().is_some_and(|it| it == "spool")).collect()
}
