//! One fuzz target and its folders.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// A target of the fuzz workspace.
#[derive(Debug, PartialEq)]
pub(super) struct Target {
    /// Its name, which is the program's and that of its folders.
    pub(super) name: String,
    /// The fuzz workspace.
    root: PathBuf,
}

#[derive(Deserialize)]
struct Manifest {
    bin: Vec<Bin>,
}

#[derive(Deserialize)]
struct Bin {
    name: String,
}

/// The targets that the manifest lists; only one of them, if it is named.
pub(super) fn list(root: &Path, only: Option<&str>) -> Result<Vec<Target>> {
    let path = root.join("Cargo.toml");
    let manifest =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let names = names(&manifest)?;
    if let Some(only) = only {
        ensure!(names.iter().any(|name| name == only), "no target `{only}`, but {names:?}");
    }
    let is_wanted = |name: &String| only.is_none_or(|only| name == only);
    let names = names.into_iter().filter(is_wanted);
    Ok(names.map(|name| Target { name, root: root.to_path_buf() }).collect())
}

fn names(manifest: &str) -> Result<Vec<String>> {
    let manifest: Manifest = toml::from_str(manifest).context("cannot read the targets")?;
    Ok(manifest.bin.into_iter().map(|bin| bin.name).collect())
}

impl Target {
    /// A folder of this target.
    pub(super) fn folder(&self, kind: &str) -> PathBuf {
        self.root.join(kind).join(&self.name)
    }

    /// A folder of this target, made if it is not there.
    pub(super) fn made_folder(&self, kind: &str) -> Result<PathBuf> {
        let folder = self.folder(kind);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder)
    }

    /// The files of a folder, which need not be there, by name.
    pub(super) fn files(&self, kind: &str) -> Result<Vec<PathBuf>> {
        let folder = self.folder(kind);
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let entries = fs::read_dir(&folder)?.map(|entry| entry.map(|entry| entry.path()));
        let mut files = entries.collect::<Result<Vec<_>, _>>()?;
        files.sort();
        Ok(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_the_programs_of_the_manifest() {
        let manifest = "[package]\nname = 'x'\n[[bin]]\nname = 'a'\n[[bin]]\nname = 'b'\n";
        assert_eq!(names(manifest).unwrap(), ["a", "b"]);
        assert!(names("[package]\nname = 'x'").is_err());
    }

    #[test]
    fn one_target_can_be_chosen_if_it_exists() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("Cargo.toml"), "[[bin]]\nname = 'a'\n[[bin]]\nname = 'b'")
            .unwrap();
        assert_eq!(list(folder.path(), None).unwrap().len(), 2);
        assert_eq!(list(folder.path(), Some("b")).unwrap()[0].name, "b");
        let error = list(folder.path(), Some("c")).unwrap_err();
        assert!(error.to_string().starts_with("no target `c`"), "{error}");
    }

    #[test]
    fn files_of_a_folder_that_is_not_there_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let target = Target { name: "a".to_owned(), root: folder.path().to_path_buf() };
        assert!(target.files("seeds").unwrap().is_empty());
        fs::write(target.made_folder("seeds").unwrap().join("one"), b"1").unwrap();
        assert_eq!(target.files("seeds").unwrap().len(), 1);
    }
}
