//! What the indexer does with one file: read it chunk by chunk, hash, count and compress.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;

use micromegas_tracing::prelude::*;

/// Files are read in pieces of this size.
const CHUNK_BYTES: usize = 64 * 1024;

/// What is known of a file after indexing.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) path: PathBuf,
    pub(crate) size_bytes: u64,
    pub(crate) compressed_bytes: u64,
    pub(crate) line_count: u64,
    pub(crate) hash: blake3::Hash,
}

/// Buffers that a worker uses again for each file.
#[derive(Debug)]
pub(crate) struct Scratch {
    chunk: Vec<u8>,
    compressed: Vec<u8>,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self {
            chunk: vec![0; CHUNK_BYTES],
            compressed: vec![0; lz4_flex::block::get_maximum_output_size(CHUNK_BYTES)],
        }
    }
}

/// Reads one file to its end.
#[span_fn]
pub(crate) fn index_file(path: &Path, scratch: &mut Scratch) -> io::Result<Entry> {
    let start = Instant::now();
    let mut file = open_file(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut entry = Entry {
        path: path.to_owned(),
        size_bytes: 0,
        compressed_bytes: 0,
        line_count: 0,
        hash: hasher.finalize(),
    };
    while index_chunk(&mut file, &mut hasher, &mut entry, scratch)? {}
    entry.hash = hasher.finalize();
    imetric!("file_size", "bytes", entry.size_bytes);
    imetric!("file_compressed_size", "bytes", entry.compressed_bytes);
    fmetric!("file_duration", "ms", start.elapsed().as_secs_f64() * 1e3);
    Ok(entry)
}

#[span_fn]
fn open_file(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Works on the next chunk; false at the end of the file.
#[span_fn]
fn index_chunk(
    file: &mut File,
    hasher: &mut blake3::Hasher,
    entry: &mut Entry,
    scratch: &mut Scratch,
) -> io::Result<bool> {
    let length = read_chunk(file, &mut scratch.chunk)?;
    let chunk = &scratch.chunk[..length];
    if chunk.is_empty() {
        return Ok(false);
    }
    entry.size_bytes += length as u64;
    hash_chunk(hasher, chunk);
    entry.line_count += count_lines(chunk);
    entry.compressed_bytes += compress_chunk(chunk, &mut scratch.compressed)? as u64;
    Ok(length == CHUNK_BYTES)
}

/// Fills the buffer as far as the file reaches.
#[span_fn]
fn read_chunk(file: &mut File, chunk: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < chunk.len() {
        match file.read(&mut chunk[length..])? {
            0 => break,
            count => length += count,
        }
    }
    Ok(length)
}

#[span_fn]
fn hash_chunk(hasher: &mut blake3::Hasher, chunk: &[u8]) {
    hasher.update(chunk);
}

#[span_fn]
fn count_lines(chunk: &[u8]) -> u64 {
    chunk.iter().filter(|byte| **byte == b'\n').count() as u64
}

#[span_fn]
fn compress_chunk(chunk: &[u8], compressed: &mut [u8]) -> io::Result<usize> {
    lz4_flex::block::compress_into(chunk, compressed).map_err(io::Error::other)
}
