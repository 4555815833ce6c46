//! Writing past the system's page cache.
//!
//! What is written once and read rarely gains nothing from the cache, and the copy into it, with the
//! pages that have to be found for it, is the largest part of what taking a block costs. It also is
//! on the device when the write returns, so no backlog builds up that a later write waits for.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

/// Files of fewer bytes are written through the cache: one copy costs less than one wait for the
/// device, and what is small is often read soon.
const FILE_BYTES_MIN: usize = 256 * 1024;
/// How much is written at a time.
const PIECE_BYTES: usize = 1024 * 1024;
/// What places in files and in memory are multiples of, on all common devices.
const ALIGNMENT: usize = 4096;
/// The most buffers kept for later.
const BUFFERS_MAX: usize = 16;

/// Writes files past the cache, where system and file system can.
#[derive(Debug, Default)]
pub(super) struct DirectWriter {
    buffers: Mutex<Vec<AlignedBuffer>>,
    /// Set for good when the file system refuses.
    is_refused: AtomicBool,
}

impl DirectWriter {
    /// Writes a new file; `None` if that has to be done through the cache, with nothing or part of
    /// the file written.
    pub(super) fn write(&self, path: &Path, parts: &[Bytes]) -> io::Result<Option<File>> {
        let byte_count: usize = parts.iter().map(Bytes::len).sum();
        if byte_count < FILE_BYTES_MIN || self.is_refused.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let mut buffer = self.buffer();
        let written = open(path).and_then(|file| match file {
            Some(file) => buffer.write(&file, parts, byte_count).map(|()| Some(file)),
            None => Ok(None),
        });
        self.keep(buffer);
        match written {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                self.is_refused.store(true, Ordering::Relaxed);
                Ok(None)
            }
            written => written,
        }
    }

    fn buffer(&self) -> AlignedBuffer {
        let kept = self.buffers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.unwrap_or_else(AlignedBuffer::new)
    }

    fn keep(&self, buffer: AlignedBuffer) {
        let mut buffers = self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        if buffers.len() < BUFFERS_MAX {
            buffers.push(buffer);
        }
    }
}

#[cfg(target_os = "linux")]
fn open(path: &Path) -> io::Result<Option<File>> {
    use std::os::unix::fs::OpenOptionsExt;

    let mut options = File::options();
    options.write(true).create_new(true).custom_flags(libc::O_DIRECT);
    options.open(path).map(Some)
}

#[cfg(not(target_os = "linux"))]
fn open(_path: &Path) -> io::Result<Option<File>> {
    Ok(None)
}

/// Memory that begins where the device wants it.
#[derive(Debug)]
struct AlignedBuffer {
    bytes: Vec<u8>,
    begin: usize,
}

impl AlignedBuffer {
    fn new() -> Self {
        let bytes = vec![0; PIECE_BYTES + ALIGNMENT];
        let begin = bytes.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
        Self { bytes, begin }
    }

    fn piece(&mut self) -> &mut [u8] {
        &mut self.bytes[self.begin..self.begin + PIECE_BYTES]
    }

    /// Writes whole pieces, the last one filled up, and cuts the file to its length.
    fn write(&mut self, mut file: &File, parts: &[Bytes], byte_count: usize) -> io::Result<()> {
        use std::io::Write;

        let piece = self.piece();
        let mut filled = 0;
        for part in parts {
            let mut rest = &part[..];
            while !rest.is_empty() {
                let (now, later) = rest.split_at(rest.len().min(PIECE_BYTES - filled));
                piece[filled..filled + now.len()].copy_from_slice(now);
                filled += now.len();
                rest = later;
                if filled == PIECE_BYTES {
                    file.write_all(piece)?;
                    filled = 0;
                }
            }
        }
        if filled > 0 {
            let end = filled.next_multiple_of(ALIGNMENT);
            piece[filled..end].fill(0);
            file.write_all(&piece[..end])?;
        }
        file.set_len(byte_count as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_any_length_are_whole() {
        let directory = tempfile::tempdir().unwrap();
        let writer = DirectWriter::default();
        let unit: Vec<u8> = (0..=250).collect();
        for length in [
            FILE_BYTES_MIN,
            FILE_BYTES_MIN + 1,
            PIECE_BYTES - 1,
            PIECE_BYTES,
            PIECE_BYTES + 1,
            3 * PIECE_BYTES + ALIGNMENT + 7,
        ] {
            let whole: Vec<u8> = unit.iter().copied().cycle().take(length).collect();
            let parts: Vec<Bytes> = whole.chunks(100_003).map(Bytes::copy_from_slice).collect();
            let path = directory.path().join(length.to_string());
            if writer.write(&path, &parts).unwrap().is_some() {
                assert_eq!(std::fs::read(&path).unwrap(), whole, "{length}");
            } else {
                // A folder in memory may refuse.
                assert!(writer.is_refused.load(Ordering::Relaxed) || !cfg!(target_os = "linux"));
            }
        }
        assert_eq!(writer.buffers.lock().unwrap().len(), 1);
    }

    #[test]
    fn short_files_are_left_to_the_cache() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("short");
        let part = Bytes::from(vec![1; FILE_BYTES_MIN - 1]);
        assert!(DirectWriter::default().write(&path, &[part]).unwrap().is_none());
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_is_there_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("there");
        std::fs::write(&path, b"before").unwrap();
        let part = Bytes::from(vec![1; FILE_BYTES_MIN]);
        let written = DirectWriter::default().write(&path, &[part]);
        assert!(written.is_err() || !cfg!(target_os = "linux"));
        assert_eq!(std::fs::read(&path).unwrap(), b"before");
    }
}
