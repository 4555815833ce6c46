//! The asynchronous stage of the indexer: entries become lines of the index.

use std::fmt::Write as _;
use std::io;

use micromegas_tracing::prelude::*;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc::Receiver;

use super::file::Entry;

/// Where the index goes.
pub(crate) type Index = Box<dyn AsyncWrite + Send + Unpin>;

/// Entries written together at the most.
const BATCH_ENTRIES: usize = 64;

/// Writes entries until all senders are gone.
pub(crate) async fn write_index(mut entries: Receiver<Entry>, mut index: Index) -> io::Result<()> {
    let mut batch = Vec::with_capacity(BATCH_ENTRIES);
    while entries.recv_many(&mut batch, BATCH_ENTRIES).await > 0 {
        store_batch(&mut index, &batch).await?;
        batch.clear();
    }
    index.flush().await
}

#[span_fn]
async fn store_batch(index: &mut Index, batch: &[Entry]) -> io::Result<()> {
    let lines = render_batch(batch);
    imetric!("index_batch_entries", "count", batch.len() as u64);
    append(index, lines.as_bytes()).await
}

#[span_fn]
fn render_batch(batch: &[Entry]) -> String {
    let mut lines = String::new();
    for entry in batch {
        let Entry { path, size_bytes, compressed_bytes, line_count, hash } = entry;
        // Writing to a String cannot fail.
        let _ = writeln!(
            lines,
            "{hash}\t{size_bytes}\t{compressed_bytes}\t{line_count}\t{}",
            path.display()
        );
    }
    lines
}

#[span_fn]
async fn append(index: &mut Index, lines: &[u8]) -> io::Result<()> {
    index.write_all(lines).await
}
