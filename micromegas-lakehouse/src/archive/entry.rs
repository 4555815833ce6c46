//! Entries of the file, written and read apart from the tasks of the runtime.

use std::io::{self, Read, Write};

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::error::{Error, Result};

/// The longest entry that is read: longer than any block that a server takes.
const ENTRY_BYTES_MAX: u64 = 256 << 20;
/// How many entries are in memory beside the one at work.
const ENTRIES_AHEAD: usize = 2;
/// The mode of files that whoever unpacks an archive gets.
const MODE: u32 = 0o600;

/// A file in the archive.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) bytes: Bytes,
}

/// Writes entries as they come, and finishes the archive when there will be no more.
pub(super) fn write<W: Write + Send + 'static>(
    out: W,
) -> (mpsc::Sender<Entry>, impl Future<Output = Result<W>>) {
    let (sender, mut entries) = mpsc::channel::<Entry>(ENTRIES_AHEAD);
    let work = tokio::task::spawn_blocking(move || -> io::Result<W> {
        let mut archive = tar::Builder::new(out);
        while let Some(Entry { name, bytes }) = entries.blocking_recv() {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(MODE);
            archive.append_data(&mut header, name, &bytes[..])?;
        }
        let mut out = archive.into_inner()?;
        out.flush()?;
        Ok(out)
    });
    let written = async move {
        let written = work.await.map_err(|error| unwritable(io::Error::other(error)))?;
        written.map_err(unwritable)
    };
    (sender, written)
}

/// Reads entries until the archive ends or nobody wants more.
pub(super) fn read<R: Read + Send + 'static>(input: R) -> mpsc::Receiver<Result<Entry>> {
    let (sender, entries) = mpsc::channel(ENTRIES_AHEAD);
    tokio::task::spawn_blocking(move || {
        let failed = |error| {
            // Whoever does not listen any more has seen enough.
            let _ = sender.blocking_send(Err(error));
        };
        let mut archive = tar::Archive::new(input);
        let found = match archive.entries() {
            Ok(found) => found,
            Err(error) => return failed(unreadable(error)),
        };
        for entry in found {
            match entry.map_err(unreadable).and_then(read_entry) {
                Ok(entry) => {
                    if sender.blocking_send(Ok(entry)).is_err() {
                        return;
                    }
                }
                Err(error) => return failed(error),
            }
        }
    });
    entries
}

fn read_entry<R: Read>(entry: tar::Entry<'_, R>) -> Result<Entry> {
    let name = String::from_utf8(entry.path_bytes().into_owned())
        .map_err(|_| damaged("the name of an entry is no text"))?;
    if !entry.header().entry_type().is_file() {
        return Err(damaged(&format!("{name} is not a file")));
    }
    let size = entry.size();
    if size > ENTRY_BYTES_MAX {
        return Err(damaged(&format!("{name} is longer than {ENTRY_BYTES_MAX} bytes")));
    }
    // The length is what the archive says; memory is taken for what comes.
    let mut bytes = Vec::new();
    entry.take(ENTRY_BYTES_MAX).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 != size {
        return Err(damaged(&format!("it ends within {name}")));
    }
    Ok(Entry { name, bytes: bytes.into() })
}

/// The archive is not what an export has written.
pub(super) fn damaged(reason: &str) -> Error {
    Error::corrupt("the archive", reason)
}

fn unreadable(error: io::Error) -> Error {
    Error::corrupt_from("the archive", "it cannot be read", error)
}

fn unwritable(error: io::Error) -> Error {
    Error::unavailable_from("the archive cannot be written", error)
}
