//! Files that are there whole or not at all, whatever happens to the machine.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use uuid::Uuid;

use super::direct::DirectWriter;
use crate::durability::Durability;

/// How a file comes to its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// In place of the file that has it.
    Replace,
    /// Only if no file has it.
    Create,
}

/// The files below a directory, each synced with its folder if it is to survive a loss of power.
#[derive(Debug)]
pub(super) struct WholeFiles {
    root: PathBuf,
    durability: Durability,
    direct: DirectWriter,
    /// Folders whose own names are synced.
    known: Mutex<HashSet<PathBuf>>,
}

impl WholeFiles {
    pub(super) fn new(root: PathBuf, durability: Durability) -> Self {
        Self { root, durability, direct: DirectWriter::default(), known: Mutex::default() }
    }

    /// Writes a file, and returns when it survives what it has to.
    pub(super) fn write(&self, path: &Path, parts: &[Bytes], naming: Naming) -> io::Result<()> {
        let unfinished = unfinished_name(path);
        let written = self.write_unfinished(&unfinished, parts).and_then(|file| {
            if self.durability == Durability::Fsync {
                file.sync_all()?;
            }
            // Some file systems write a file when it is closed.
            drop(file);
            match naming {
                Naming::Replace => fs::rename(&unfinished, path),
                Naming::Create => fs::hard_link(&unfinished, path),
            }
        });
        if naming == Naming::Create || written.is_err() {
            // What stays behind is removed when the directory is opened.
            let _ = fs::remove_file(&unfinished);
        }
        written?;
        if self.durability == Durability::Fsync {
            self.sync_folders(path)?;
        }
        Ok(())
    }

    fn write_unfinished(&self, path: &Path, parts: &[Bytes]) -> io::Result<File> {
        match self.write_bytes(path, parts) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder)?;
                }
                self.write_bytes(path, parts)
            }
            written => written,
        }
    }

    fn write_bytes(&self, path: &Path, parts: &[Bytes]) -> io::Result<File> {
        if let Some(file) = self.direct.write(path, parts)? {
            return Ok(file);
        }
        let mut file = File::create(path)?;
        for part in parts {
            file.write_all(part)?;
        }
        Ok(file)
    }

    /// Syncs a file that is there, and its folder.
    pub(super) fn sync(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()?;
        self.sync_folders(path)
    }

    /// Syncs the folder of a file, and those above whose names may not be on the disk yet.
    fn sync_folders(&self, path: &Path) -> io::Result<()> {
        let mut is_entry_new = true;
        for folder in path.ancestors().skip(1) {
            if !is_entry_new || !folder.starts_with(&self.root) {
                break;
            }
            File::open(folder)?.sync_all()?;
            is_entry_new =
                self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned());
        }
        Ok(())
    }
}

/// A name that the object store takes for an unfinished file: it lists none that ends in a number
/// after `#`.
fn unfinished_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!("#{}", Uuid::new_v4().as_u128() >> 64));
    PathBuf::from(name)
}

/// Whether a file is one that a server did not finish.
fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    name.as_deref().and_then(|name| name.rsplit_once('#')).is_some_and(|(_, number)| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Removes the files that servers did not finish, while no server writes to the directory.
pub(super) fn remove_unfinished(folder: &Path) -> io::Result<()> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if is_unfinished(&path) {
                match fs::remove_file(&path) {
                    Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_created_once_and_replaced_whole() {
        let directory = tempfile::tempdir().unwrap();
        let files = WholeFiles::new(directory.path().to_owned(), Durability::Fsync);
        let path = directory.path().join("a/b/file");
        let parts = [Bytes::from_static(b"one "), Bytes::from_static(b"two")];
        files.write(&path, &parts, Naming::Create).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one two");
        let error = files.write(&path, &[], Naming::Create).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        files.write(&path, &parts[1..], Naming::Replace).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        files.sync(&path).unwrap();
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        assert_eq!(files.known.lock().unwrap().len(), 3);
    }

    #[test]
    fn large_and_small_files_are_whole_whatever_they_survive() {
        for durability in [Durability::Process, Durability::Fsync] {
            let directory = tempfile::tempdir().unwrap();
            let files = WholeFiles::new(directory.path().to_owned(), durability);
            for length in [0, 1, 100_000, 5_000_000] {
                let path = directory.path().join(format!("folder/{length}"));
                let bytes: Vec<u8> = (0..=250).cycle().take(length).collect();
                files.write(&path, &[bytes.clone().into()], Naming::Replace).unwrap();
                assert_eq!(fs::read(&path).unwrap(), bytes);
            }
            assert_eq!(fs::read_dir(directory.path().join("folder")).unwrap().count(), 4);
        }
    }

    #[test]
    fn unfinished_files_are_removed_and_others_stay() {
        let directory = tempfile::tempdir().unwrap();
        let folder = directory.path().join("segments/default");
        fs::create_dir_all(&folder).unwrap();
        for name in ["whole", "hash#", "hash#x1", "part#1", "other#23"] {
            fs::write(folder.join(name), b"bytes").unwrap();
        }
        let unfinished = unfinished_name(&folder.join("mine"));
        assert!(is_unfinished(&unfinished), "{}", unfinished.display());
        fs::write(unfinished, b"bytes").unwrap();
        remove_unfinished(directory.path()).unwrap();
        let mut left: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, ["hash#", "hash#x1", "whole"]);
    }
}
