//! The files of this process and those it took over.

use crate::spool::SpoolOptions;
use crate::spool::file::{Slot, SpoolFile};
use crate::spool::folder::Folder;
use crate::spool::header::{Header, Kind};
use crate::spool::rejected::Rejected;
use bytes::Bytes;
use micromegas_transit::{ProcessInfo, StreamInfo};
use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Arc;
use uuid::Uuid;

/// Where a block lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    file: usize,
    slot: Slot,
}

/// A block, and whom it is from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ToStore<'a> {
    pub(crate) process: &'a ProcessInfo,
    pub(crate) stream: &'a StreamInfo,
    pub(crate) document: &'a [u8],
    pub(crate) priority: u8,
    pub(crate) encoding: u8,
    pub(crate) event_count: u32,
    pub(crate) skipped_events: u64,
}

/// A block that an ended process left.
#[derive(Debug)]
pub(crate) struct Adopted {
    pub(crate) place: Place,
    pub(crate) process: Arc<ProcessInfo>,
    pub(crate) stream: Arc<StreamInfo>,
    pub(crate) encoding: u8,
    pub(crate) event_count: u32,
    pub(crate) skipped_events: u64,
}

/// Why a block was not stored.
#[derive(Debug)]
pub(crate) enum NoPlace {
    /// The quota is used up.
    Full,
    /// The disk does not do what it should.
    Failed(io::Error),
}

impl From<io::Error> for NoPlace {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

/// What waits on disk for one target.
#[derive(Debug)]
pub(crate) struct Spool {
    folder: Folder,
    bytes_max: u64,
    /// The file of this process, made with the first block.
    own: Option<Described>,
    /// Files taken over; none once all they held is dealt with.
    adopted: Vec<Option<Described>>,
    rejected: Rejected,
}

/// A file, and what its blocks need to be understood.
#[derive(Debug)]
pub(super) struct Described {
    pub(super) file: SpoolFile,
    /// The processes and streams that it describes.
    described: HashSet<Uuid>,
    block_count: usize,
}

/// The number of the own file; those taken over follow.
const OWN: usize = 0;

impl Spool {
    /// Opens the folder of the target at `url`, and makes it if need be.
    pub(crate) fn open(options: &SpoolOptions, url: &str) -> io::Result<Self> {
        let folder = Folder::open(&options.folder, url)?;
        let rejected = Rejected::new(folder.clone(), options.bytes_max / 4);
        let bytes_max = options.bytes_max;
        Ok(Self { folder, bytes_max, own: None, adopted: Vec::new(), rejected })
    }

    /// Takes over what ended processes left, in the order of their files and of writing.
    pub(crate) fn adopt(&mut self) -> Vec<Adopted> {
        let mut blocks = Vec::new();
        for path in self.folder.files() {
            // What cannot be opened is left for a start that can.
            let Ok(Some((file, slots))) = SpoolFile::adopt(&path) else { continue };
            let number = OWN + 1 + self.adopted.len();
            let mut described = Described::new(file);
            let before = blocks.len();
            described.collect(number, slots, &mut blocks);
            described.block_count = blocks.len() - before;
            if described.block_count > 0 {
                self.adopted.push(Some(described));
            } else {
                let _ = described.file.remove();
            }
        }
        blocks
    }

    /// Writes a block into the file of this process.
    pub(crate) fn store(&mut self, block: &ToStore<'_>) -> Result<Place, NoPlace> {
        let growth_max = self.bytes_max.saturating_sub(self.folder.bytes());
        let own = match &mut self.own {
            Some(own) => own,
            none => none.insert(Described::create(&self.folder, block.process.process_id)?),
        };
        let slot = own.store(block, growth_max)?.ok_or(NoPlace::Full)?;
        Ok(Place { file: OWN, slot })
    }

    fn file(&mut self, number: usize) -> Option<&mut Described> {
        match number.checked_sub(OWN + 1) {
            None => self.own.as_mut(),
            Some(adopted) => self.adopted.get_mut(adopted)?.as_mut(),
        }
    }

    /// Reads a block's document.
    pub(crate) fn load(&mut self, place: &Place) -> io::Result<Vec<u8>> {
        let file = self.file(place.file).ok_or(io::ErrorKind::NotFound)?;
        file.file.read(&place.slot)
    }

    /// Forgets a block: it was sent, or lost. A file without blocks is emptied, and removed if its
    /// process has ended.
    pub(crate) fn release(&mut self, place: &Place) -> io::Result<()> {
        let Some(described) = self.file(place.file) else { return Ok(()) };
        described.block_count = described.block_count.saturating_sub(1);
        if described.block_count > 0 {
            return described.file.release(&place.slot);
        }
        match place.file.checked_sub(OWN + 1) {
            None => {
                described.described.clear();
                described.file.clear()
            }
            Some(adopted) => match self.adopted[adopted].take() {
                Some(described) => described.file.remove(),
                None => Ok(()),
            },
        }
    }

    /// Keeps a block that the target refused for good.
    pub(crate) fn reject(&mut self, block: &ToStore<'_>) -> io::Result<()> {
        let growth_max = self.bytes_max.saturating_sub(self.folder.bytes());
        self.rejected.keep(block, growth_max)
    }

    /// How many bytes the files of this process and those taken over take.
    pub(crate) fn bytes(&self) -> u64 {
        let files = self.own.iter().chain(self.adopted.iter().flatten());
        files.map(|described| described.file.bytes()).sum()
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        if let Some(own) = self.own.take()
            && own.block_count == 0
        {
            // An empty file is removed by the next start.
            let _ = own.file.remove();
        }
    }
}

impl Described {
    fn new(file: SpoolFile) -> Self {
        Self { file, described: HashSet::new(), block_count: 0 }
    }

    /// A new file of a process; two sinks of one process have two.
    pub(super) fn create(folder: &Folder, process_id: Uuid) -> io::Result<Self> {
        let mut copy = 0;
        loop {
            let name =
                if copy == 0 { process_id.to_string() } else { format!("{process_id}-{copy}") };
            match SpoolFile::create(folder.file(&name)) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && copy < 100 => {
                    copy += 1
                }
                file => return Ok(Self::new(file?)),
            }
        }
    }

    /// Writes a block, and before it what it needs to be understood. None if there is no room for
    /// that.
    pub(super) fn store(
        &mut self,
        block: &ToStore<'_>,
        growth_max: u64,
    ) -> io::Result<Option<Slot>> {
        let ToStore { process, stream, .. } = block;
        let end_max = self.file.bytes().saturating_add(growth_max);
        let descriptions = [
            (Kind::Process, process.process_id, process.to_cbor()),
            (Kind::Stream, stream.stream_id, stream.to_cbor()),
        ];
        for (kind, id, document) in descriptions {
            if !self.described.contains(&id) {
                let header = Header { kind, id, ..Header::free(0) };
                let growth_max = end_max.saturating_sub(self.file.bytes());
                if self.file.append(header, &document, growth_max)?.is_none() {
                    return Ok(None);
                }
                self.described.insert(id);
            }
        }
        let header = Header {
            kind: Kind::Block,
            priority: block.priority,
            encoding: block.encoding,
            id: stream.stream_id,
            event_count: block.event_count,
            skipped_events: block.skipped_events,
            ..Header::free(0)
        };
        let growth_max = end_max.saturating_sub(self.file.bytes());
        let slot = self.file.append(header, block.document, growth_max)?;
        self.block_count += usize::from(slot.is_some());
        Ok(slot)
    }

    /// Lists the blocks of a file. One that nothing can be made of, because its stream or process
    /// is not described, is forgotten.
    fn collect(&mut self, number: usize, slots: Vec<Slot>, blocks: &mut Vec<Adopted>) {
        let (mut processes, mut streams) = (HashMap::new(), HashMap::new());
        for slot in slots {
            let Header { kind, id, encoding, event_count, skipped_events, .. } = slot.header;
            let mut document = || self.file.read(&slot).ok().map(Bytes::from);
            match kind {
                Kind::Free => {}
                Kind::Process => {
                    let process = document().and_then(|bytes| ProcessInfo::from_cbor(bytes).ok());
                    processes.extend(process.map(|process| (id, Arc::new(process))));
                }
                Kind::Stream => {
                    let stream = document().and_then(|bytes| StreamInfo::from_cbor(bytes).ok());
                    streams.extend(stream.map(|stream| (id, Arc::new(stream))));
                }
                Kind::Block => {
                    let stream: Option<&Arc<StreamInfo>> = streams.get(&id);
                    let process =
                        stream.and_then(|stream| processes.get(&stream.process_id).cloned());
                    let (Some(stream), Some(process)) = (stream.cloned(), process) else {
                        continue;
                    };
                    let place = Place { file: number, slot };
                    blocks.push(Adopted {
                        place,
                        process,
                        stream,
                        encoding,
                        event_count,
                        skipped_events,
                    });
                }
            }
        }
        self.described.extend(processes.into_keys().chain(streams.into_keys()));
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
