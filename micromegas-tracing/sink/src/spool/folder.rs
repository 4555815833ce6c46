//! Where files lie, who may read them, and how many bytes they may take together.

use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use twox_hash::XxHash64;

/// The suffix of spool files.
const SUFFIX: &str = "spool";

/// Files that a process was killed while making are removed after this long.
const UNFINISHED_AGE: Duration = Duration::from_secs(60 * 60);

/// The folder of one target.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes the folder of the target at `url` in `parent`, readable by its owner alone.
    pub(super) fn open(parent: &Path, url: &str) -> io::Result<Self> {
        let path = parent.join(name_of(url));
        make_private(&path)?;
        let folder = Self { path };
        folder.sweep();
        Ok(folder)
    }

    /// The folder of what the target refused for good.
    pub(super) fn rejected(&self) -> io::Result<Self> {
        let path = self.path.join("rejected");
        make_private(&path)?;
        Ok(Self { path })
    }

    /// The path of a file called `name`.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(format!("{name}.{SUFFIX}"))
    }

    /// The paths of all files, the oldest first.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let mut files = entries(&self.path, SUFFIX);
        files.sort();
        files.into_iter().map(|(_, _, path)| path).collect()
    }

    /// How many bytes all files take, the rejected ones included.
    pub(super) fn bytes(&self) -> u64 {
        let rejected = self.path.join("rejected");
        let both = [&self.path, &rejected].into_iter();
        both.flat_map(|path| entries(path, SUFFIX)).map(|(_, bytes, _)| bytes).sum()
    }

    fn sweep(&self) {
        for (changed, _, path) in entries(&self.path, "tmp") {
            if changed.elapsed().is_ok_and(|age| age > UNFINISHED_AGE) {
                // Another process may have done so already.
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// When files with this suffix were changed, their sizes and paths.
fn entries(folder: &Path, suffix: &str) -> Vec<(SystemTime, u64, PathBuf)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let entries = entries.filter_map(|entry| {
        let path = entry.ok()?.path();
        let is_it = path.extension().is_some_and(|own| own == suffix);
        let metadata = is_it.then(|| fs::symlink_metadata(&path).ok())??;
        metadata.is_file().then_some((metadata.modified().ok()?, metadata.len(), path))
    });
    entries.collect()
}

/// The host for people, and a hash, so that targets do not share a folder.
fn name_of(url: &str) -> String {
    let url = url.trim().trim_end_matches('/').to_ascii_lowercase();
    let host = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let host: String = host
        .chars()
        .take_while(|letter| *letter != '/')
        .map(|letter| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '_' })
        .take(80)
        .collect();
    format!("{host}-{:016x}", XxHash64::oneshot(0, url.as_bytes()))
}

/// Makes a folder that nobody but its owner can open.
fn make_private(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // What is there already may be open to others, or belong to one of them: then this fails.
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_target_has_a_folder_of_its_own_whatever_slash_it_ends_in() {
        let names = ["http://a:9000", "https://a:9000", "http://a:9000/b", "http://c"].map(name_of);
        for (index, name) in names.iter().enumerate() {
            assert!(!names[..index].contains(name));
            assert!(name.starts_with(if index < 3 { "a_9000-" } else { "c-" }), "{name}");
        }
        assert_eq!(name_of("http://a:9000/"), name_of("HTTP://A:9000"));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_open_it() {
        use std::os::unix::fs::PermissionsExt;
        let parent = tempfile::tempdir().expect("a folder");
        let open = parent.path().join(name_of("http://host"));
        fs::create_dir(&open).expect("can be made");
        fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).expect("can be set");
        let folder = Folder::open(parent.path(), "http://host").expect("can be used");
        let rejected = folder.rejected().expect("can be made");
        for path in [&folder.path, &rejected.path] {
            let mode = fs::metadata(path).expect("exists").permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
    }
}
