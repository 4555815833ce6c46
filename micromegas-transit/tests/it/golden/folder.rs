//! The folder with the goldens.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/goldens");

/// The documents of one block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Golden {
    pub(crate) name: String,
    pub(crate) process: Vec<u8>,
    pub(crate) stream: Vec<u8>,
    pub(crate) block: Vec<u8>,
}

/// Whether files are to be rewritten rather than compared.
pub(super) fn is_blessing() -> bool {
    env::var_os("MICROMEGAS_BLESS").is_some_and(|value| value == "1")
}

/// The file of a golden.
pub(super) fn path(name: &str, extension: &str) -> PathBuf {
    Path::new(FOLDER).join(format!("{name}.{extension}"))
}

/// All goldens, by name.
pub(crate) fn all() -> Vec<Golden> {
    let blocks = fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path());
    let mut names: Vec<_> = blocks
        .filter(|path| path.extension().is_some_and(|extension| extension == "block"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names.iter().map(|name| Golden::read(name)).collect()
}

impl Golden {
    /// Reads the documents.
    pub(crate) fn read(name: &str) -> Self {
        let read = |extension| {
            let path = path(name, extension);
            fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let (process, stream, block) = (read("process"), read("stream"), read("block"));
        Self { name: name.to_owned(), process, stream, block }
    }

    /// Writes the documents.
    pub(super) fn write(&self) {
        let documents =
            [("process", &self.process), ("stream", &self.stream), ("block", &self.block)];
        for (extension, document) in documents {
            fs::write(path(&self.name, extension), document).unwrap();
        }
    }
}
