//! What a server refused for good.

use crate::spool::file::SpoolFile;
use crate::spool::folder::Folder;
use crate::spool::store::{Described, ToStore};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

/// Refused blocks, in files like those of the spool, in a folder of their own. Nothing reads them
/// but people.
#[derive(Debug)]
pub(super) struct Rejected {
    target: Folder,
    bytes_max: u64,
    /// The file of this process, made with the first block.
    file: Option<Described>,
}

impl Rejected {
    /// At most `bytes_max` of the quota of the target whose folder this is.
    pub(super) fn new(target: Folder, bytes_max: u64) -> Self {
        Self { target, bytes_max, file: None }
    }

    /// Keeps a block if there is room, which older files make; it must not take more than
    /// `growth_max`, either.
    pub(super) fn keep(&mut self, block: &ToStore<'_>, growth_max: u64) -> io::Result<()> {
        let folder = self.target.rejected()?;
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(Described::create(&folder, block.process.process_id)?),
        };
        let mut others: Vec<PathBuf> =
            folder.files().into_iter().filter(|path| path != file.file.path()).collect();
        loop {
            let room = self.bytes_max.saturating_sub(folder.bytes()).min(growth_max);
            if file.store(block, room)?.is_some() {
                return Ok(());
            }
            if others.is_empty() {
                let reason = "no room is left for refused events";
                return Err(io::Error::new(ErrorKind::QuotaExceeded, reason));
            }
            remove_unless_locked(others.remove(0))?;
        }
    }
}

/// A file in use belongs to a process that lives.
fn remove_unless_locked(path: PathBuf) -> io::Result<()> {
    match SpoolFile::adopt(&path)? {
        Some((file, _)) => file.remove(),
        None => Ok(()),
    }
}

impl Drop for Rejected {
    fn drop(&mut self) {
        if let Some(file) = self.file.take()
            && file.file.bytes() == 0
        {
            let _ = fs::remove_file(file.file.path());
        }
    }
}
