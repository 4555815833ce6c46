//! Records in a file.
//!
//! A record is written body first, header last, into space that its headers call free until then:
//! whenever the writer is killed, what the file holds is a row of whole records.

use crate::spool::extents::{Extents, Taken};
use crate::spool::header::{CELL_BYTES, HEADER_BYTES, Header, Kind, checksum, extent_of};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Parts longer than this are called free in several steps.
const FREE_EXTENT_MAX: u64 = 1 << 31;

/// A file that this process has locked, and removes when it is empty.
#[derive(Debug)]
pub(super) struct SpoolFile {
    path: PathBuf,
    file: File,
    extents: Extents,
    next_sequence: u64,
}

/// Where a record lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) offset: u64,
    pub(super) header: Header,
}

impl SpoolFile {
    /// Makes a file that did not exist, and locks it before others can see it.
    pub(super) fn create(path: PathBuf) -> io::Result<Self> {
        if path.exists() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let unfinished = path.with_extension("tmp");
        let file = own_file(OpenOptions::new().create_new(true).read(true).write(true))
            .open(&unfinished)?;
        file.lock()?;
        std::fs::rename(&unfinished, &path)?;
        Ok(Self { path, file, extents: Extents::default(), next_sequence: 0 })
    }

    /// Takes over a file whose process has ended, with all its records in the order they were
    /// written; none if the process lives. What does not begin with a header is cut off.
    pub(super) fn adopt(path: &Path) -> io::Result<Option<(Self, Vec<Slot>)>> {
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let (mut slots, _) = walk(&mut file)?;
        let is_free = |slot: &Slot| slot.header.kind == Kind::Free;
        let parts = slots.iter().map(|slot| (slot.header.extent.into(), is_free(slot)));
        let extents = Extents::of_parts(parts);
        file.set_len(extents.end())?;
        let next_sequence = slots.iter().map(|slot| slot.header.sequence + 1).max().unwrap_or(0);
        slots.retain(|slot| !is_free(slot));
        slots.sort_by_key(|slot| slot.header.sequence);
        Ok(Some((Self { path: path.to_owned(), file, extents, next_sequence }, slots)))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes the file takes.
    pub(super) fn bytes(&self) -> u64 {
        self.extents.end()
    }

    /// Writes a record, for which the file may grow by `growth_max`; none if that is not enough.
    /// Extent, checksum and sequence of the header are filled in.
    pub(super) fn append(
        &mut self,
        header: Header,
        body: &[u8],
        growth_max: u64,
    ) -> io::Result<Option<Slot>> {
        let too_large = |_| io::Error::from(ErrorKind::FileTooLarge);
        let bytes = extent_of(body.len() as u64);
        let header = Header {
            extent: u32::try_from(bytes).map_err(too_large)?,
            body_bytes: u32::try_from(body.len()).map_err(too_large)?,
            body_checksum: checksum(body),
            sequence: self.next_sequence,
            ..header
        };
        let Some(taken) = self.extents.take(bytes, growth_max) else { return Ok(None) };
        let written = self.write(taken, header, body);
        if let Err(error) = written {
            self.extents.release(taken.offset, bytes);
            return Err(error);
        }
        self.next_sequence += 1;
        Ok(Some(Slot { offset: taken.offset, header }))
    }

    fn write(&mut self, taken: Taken, header: Header, body: &[u8]) -> io::Result<()> {
        let Taken { offset, rest } = taken;
        let bytes = u64::from(header.extent);
        let is_at_end = offset + bytes == self.extents.end();
        if !is_at_end {
            // Old headers inside are about to be overwritten: from now on one header covers them.
            self.write_free(offset + bytes, rest)?;
            self.write_at(offset, &Header::free(header.extent).to_bytes())?;
        }
        self.write_at(offset + CELL_BYTES, body)?;
        if is_at_end {
            self.file.set_len(offset + bytes)?;
        }
        self.write_at(offset, &header.to_bytes())
    }

    fn write_free(&mut self, offset: u64, bytes: u64) -> io::Result<()> {
        // From the end to the front, so that headers that stand lead to ones that stand.
        let mut end = offset + bytes;
        while end > offset {
            let extent = (end - offset).min(FREE_EXTENT_MAX);
            end -= extent;
            self.write_at(end, &Header::free(extent as u32).to_bytes())?;
        }
        Ok(())
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.write_all(bytes)
    }

    /// The body of a record.
    pub(super) fn read(&mut self, slot: &Slot) -> io::Result<Vec<u8>> {
        read_body(&mut self.file, slot)
    }

    /// Forgets a record.
    pub(super) fn release(&mut self, slot: &Slot) -> io::Result<()> {
        self.extents.release(slot.offset, slot.header.extent.into());
        if self.extents.end() <= slot.offset {
            self.file.set_len(self.extents.end())
        } else {
            self.write_at(slot.offset, &Header::free(slot.header.extent).to_bytes())
        }
    }

    /// Forgets all records, but not the file.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.extents = Extents::default();
        self.file.set_len(0)
    }

    /// Removes the file. It is emptied first: who has opened it meanwhile finds nothing in it.
    pub(super) fn remove(mut self) -> io::Result<()> {
        self.clear()?;
        std::fs::remove_file(&self.path)
    }
}

/// All records of a file in the order they lie, and how many bytes they take together. What
/// follows these is torn.
pub(super) fn walk(file: &mut File) -> io::Result<(Vec<Slot>, u64)> {
    let length = file.metadata()?.len();
    let mut slots = Vec::new();
    let mut offset = 0;
    while offset + CELL_BYTES <= length {
        let mut bytes = [0; HEADER_BYTES];
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(&mut bytes)?;
        let Some(header) = Header::from_bytes(&bytes) else { break };
        if u64::from(header.extent) > length - offset {
            break;
        }
        slots.push(Slot { offset, header });
        offset += u64::from(header.extent);
    }
    Ok((slots, offset))
}

pub(super) fn read_body(file: &mut File, slot: &Slot) -> io::Result<Vec<u8>> {
    let mut body = vec![0; slot.header.body_bytes as usize];
    file.seek(SeekFrom::Start(slot.offset + CELL_BYTES))?;
    file.read_exact(&mut body)?;
    if checksum(&body) == slot.header.body_checksum {
        Ok(body)
    } else {
        Err(io::Error::new(ErrorKind::InvalidData, "a spooled record is damaged"))
    }
}

/// Only the owner may read what is written.
fn own_file(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        Header { kind: Kind::Block, ..Header::free(0) }
    }

    fn append(file: &mut SpoolFile, body: &[u8]) -> Slot {
        let slot = file.append(header(), body, u64::MAX).expect("can be written");
        slot.expect("there is room")
    }

    fn bodies(path: &Path) -> Vec<Vec<u8>> {
        let (mut file, slots) = SpoolFile::adopt(path).expect("can be read").expect("not locked");
        slots.iter().map(|slot| file.read(slot).expect("whole")).collect()
    }

    #[test]
    fn a_locked_file_is_left_alone_and_an_unlocked_one_taken_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.spool");
        let mut file = SpoolFile::create(path.clone()).expect("can be made");
        append(&mut file, b"one");
        assert!(SpoolFile::adopt(&path).expect("can be read").is_none());
        drop(file);
        assert_eq!(bodies(&path), [b"one"]);
    }

    #[test]
    fn what_was_sent_makes_room_in_the_middle() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.spool");
        let mut file = SpoolFile::create(path.clone()).expect("can be made");
        let slots: Vec<_> = (0..4).map(|index| append(&mut file, &[index; 200])).collect();
        let bytes = file.bytes();
        file.release(&slots[1]).expect("can be written");
        file.release(&slots[2]).expect("can be written");
        append(&mut file, &[7; 300]);
        append(&mut file, &[8; 60]);
        assert_eq!(file.bytes(), bytes);
        assert_eq!(file.append(header(), &[9; 200], 0).expect("no error"), None);
        drop(file);
        assert_eq!(bodies(&path), [vec![0; 200], vec![3; 200], vec![7; 300], vec![8; 60]]);
        assert_eq!(std::fs::metadata(&path).expect("exists").len(), bytes);
    }

    /// Cuts and zeroes stand for what a crash leaves of the last record.
    #[test]
    fn a_torn_tail_is_cut_wherever_it_is_torn() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.spool");
        let mut file = SpoolFile::create(path.clone()).expect("can be made");
        append(&mut file, b"whole");
        let whole = file.bytes();
        append(&mut file, &[1; 100]);
        drop(file);
        let bytes = std::fs::read(&path).expect("can be read");
        for cut in whole as usize..bytes.len() {
            std::fs::write(&path, &bytes[..cut]).expect("can be written");
            assert_eq!(bodies(&path), [b"whole"], "cut at {cut}");
            assert_eq!(std::fs::metadata(&path).expect("exists").len(), whole);
        }
        let mut headless = bytes.clone();
        headless[whole as usize..whole as usize + HEADER_BYTES].fill(0);
        std::fs::write(&path, headless).expect("can be written");
        assert_eq!(bodies(&path), [b"whole"]);
    }

    #[test]
    fn a_damaged_body_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.spool");
        let mut file = SpoolFile::create(path.clone()).expect("can be made");
        append(&mut file, b"body");
        drop(file);
        let mut bytes = std::fs::read(&path).expect("can be read");
        bytes[HEADER_BYTES] ^= 1;
        std::fs::write(&path, bytes).expect("can be written");
        let (mut file, slots) = SpoolFile::adopt(&path).expect("can be read").expect("not locked");
        let error = file.read(&slots[0]).expect_err("it is damaged");
        assert_eq!(error.kind(), ErrorKind::InvalidData);
    }

    /// Random records come and go; at any moment a copy of the file holds exactly those that are
    /// there.
    #[test]
    fn the_file_is_whole_after_every_step() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, copy) = (folder.path().join("a.spool"), folder.path().join("copy"));
        let mut file = SpoolFile::create(path.clone()).expect("can be made");
        let mut live: Vec<(Slot, Vec<u8>)> = Vec::new();
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        for step in 0..400 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let choice = (random >> 33) as usize;
            if choice % 5 < 2 && !live.is_empty() {
                let (slot, _) = live.remove(choice % live.len());
                file.release(&slot).expect("can be written");
            } else {
                let body = vec![step as u8; choice % 500];
                live.push((append(&mut file, &body), body));
            }
            std::fs::copy(&path, &copy).expect("can be copied");
            let expected: Vec<_> = live.iter().map(|(_, body)| body.clone()).collect();
            assert_eq!(bodies(&copy), expected, "after step {step}");
            if choice.is_multiple_of(11) {
                // As after a crash: what is free is found again.
                drop(file);
                let (adopted, slots) = SpoolFile::adopt(&path).expect("sound").expect("not locked");
                assert_eq!(slots, live.iter().map(|(slot, _)| *slot).collect::<Vec<_>>());
                file = adopted;
            }
        }
    }
}
