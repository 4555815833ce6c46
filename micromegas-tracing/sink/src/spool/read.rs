//! Reading a spool file from outside, without a server.

use crate::spool::file::{Slot, read_body, walk};
use crate::spool::header::Kind;
use bytes::Bytes;
use micromegas_transit::{Block, ProcessInfo, StreamInfo};
use std::fs::File;
use std::io;
use std::path::Path;

/// Why a spool file, or a record of it, could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpoolError {
    /// The file could not be read, or a record's checksum is wrong; the others can be read.
    #[error("cannot read the spool file")]
    Unavailable(#[from] io::Error),
    /// The file holds no record.
    #[error("the file holds no telemetry; expected a .spool file of the telemetry client")]
    NotASpool,
    /// A record is whole, but is not the document it should be; the others can be read.
    #[error("a record of the spool file cannot be decoded")]
    Corrupt(#[from] micromegas_transit::Error),
}

/// A document of a spool file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpoolRecord {
    /// The process that what follows is from.
    Process(ProcessInfo),
    /// A stream of the process.
    Stream(StreamInfo),
    /// A run of events of a stream.
    Block(Block),
}

/// The documents of a spool file in the order they were written: a process comes before its
/// streams, a stream before its blocks, and the blocks of a stream in order.
///
/// The file is not changed, and its process may still be writing to it: what it writes later is
/// not seen, and what it frees meanwhile is an error for that record.
///
/// ```no_run
/// use micromegas_telemetry_sink::{SpoolReader, SpoolRecord};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// for record in SpoolReader::open("left.spool".as_ref())? {
///     if let SpoolRecord::Block(block) = record? {
///         println!("{} events", block.event_count);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SpoolReader {
    file: File,
    slots: std::vec::IntoIter<Slot>,
    torn_bytes: u64,
}

impl SpoolReader {
    /// Opens a file.
    ///
    /// # Errors
    /// If it cannot be read, or is none.
    pub fn open(path: &Path) -> Result<Self, SpoolError> {
        let mut file = File::open(path)?;
        let (mut slots, whole_bytes) = walk(&mut file)?;
        let torn_bytes = file.metadata()?.len().saturating_sub(whole_bytes);
        if whole_bytes == 0 && torn_bytes > 0 {
            return Err(SpoolError::NotASpool);
        }
        slots.retain(|slot| slot.header.kind != Kind::Free);
        slots.sort_by_key(|slot| slot.header.sequence);
        Ok(Self { file, slots: slots.into_iter(), torn_bytes })
    }

    /// How many bytes at the end hold no whole record.
    pub fn torn_bytes(&self) -> u64 {
        self.torn_bytes
    }

    fn read(&mut self, slot: &Slot) -> Result<SpoolRecord, SpoolError> {
        let document = Bytes::from(read_body(&mut self.file, slot)?);
        Ok(match slot.header.kind {
            Kind::Process => SpoolRecord::Process(ProcessInfo::from_cbor(document)?),
            Kind::Stream => SpoolRecord::Stream(StreamInfo::from_cbor(document)?),
            Kind::Free | Kind::Block => SpoolRecord::Block(Block::from_cbor(document)?),
        })
    }
}

impl Iterator for SpoolReader {
    type Item = Result<SpoolRecord, SpoolError>;

    fn next(&mut self) -> Option<Self::Item> {
        let slot = self.slots.next()?;
        Some(self.read(&slot))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.slots.size_hint()
    }
}
