//! Which folder CI builds into.
//!
//! On a CI server a folder in the user's cache saves compiling the dependencies again. It is used
//! only if that is safe: one run at a time, same toolchain and same `Cargo.lock` as what it holds
//! (else it is emptied), and writable. In every other case CI builds into the checkout's own folder.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workspace::Workspace;

/// What the choice depends on, read from the environment.
#[derive(Default)]
pub(crate) struct Environment {
    ci: bool,
    cargo_target_dir: Option<OsString>,
    xdg_cache_home: Option<OsString>,
    home: Option<OsString>,
}

impl Environment {
    /// The variables of this process; an empty one counts as absent.
    pub(crate) fn of_this_process() -> Self {
        let read = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        Self {
            ci: read("CI").is_some(),
            cargo_target_dir: read("CARGO_TARGET_DIR"),
            xdg_cache_home: read("XDG_CACHE_HOME"),
            home: read("HOME"),
        }
    }

    /// The cache folder to try, or why none is tried.
    fn cache(&self) -> Result<PathBuf, &'static str> {
        if self.cargo_target_dir.is_some() {
            return Err("named by CARGO_TARGET_DIR");
        }
        if !self.ci {
            return Err("CI is not set, so no shared cache");
        }
        let cache_home = match (&self.xdg_cache_home, &self.home) {
            (Some(cache_home), _) => PathBuf::from(cache_home),
            (None, Some(home)) => Path::new(home).join(".cache"),
            (None, None) => return Err("no user cache folder"),
        };
        if cache_home.is_absolute() {
            Ok(cache_home.join("micromegas").join("ci"))
        } else {
            Err("the user cache folder is not an absolute path")
        }
    }
}

/// The chosen folder. A shared one stays locked until this value is dropped.
pub(crate) struct TargetFolder {
    path: PathBuf,
    reason: String,
    lock: Option<File>,
}

impl TargetFolder {
    /// Chooses between the shared cache and the workspace's own target folder.
    pub(crate) fn choose(workspace: &Workspace, environment: &Environment) -> Self {
        let own = |reason| Self { path: workspace.target().to_path_buf(), reason, lock: None };
        let cache = match environment.cache() {
            Ok(cache) => cache,
            Err(reason) => return own(reason.to_owned()),
        };
        match contents_key(workspace).and_then(|key| adopt(&cache, &key)) {
            Ok(folder) => folder,
            Err(error) => own(format!("{} is not usable: {error}", cache.display())),
        }
    }

    /// Where to build.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Why this folder was chosen, for the reader of the log.
    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }

    /// Whether other checkouts build into the same folder.
    pub(crate) fn is_shared(&self) -> bool {
        self.lock.is_some()
    }
}

/// What the compiled dependencies depend on: the toolchain and every locked version.
fn contents_key(workspace: &Workspace) -> io::Result<Vec<u8>> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut key = Command::new(rustc).arg("-vV").output()?.stdout;
    key.extend(fs::read(workspace.root().join("Cargo.lock"))?);
    Ok(key)
}

/// Locks the cache, empties it unless it was filled under the same key, and proves it writable.
fn adopt(cache: &Path, key: &[u8]) -> io::Result<TargetFolder> {
    fs::create_dir_all(cache)?;
    let lock = File::create(cache.join("lock"))?;
    lock.try_lock()?;
    let target = cache.join("target");
    let filled_under = cache.join("filled-under");
    let reason = if fs::read(&filled_under).is_ok_and(|stored| stored == key) {
        "shared cache"
    } else {
        if target.exists() {
            fs::remove_dir_all(&target)?;
        }
        fs::write(&filled_under, key)?;
        "shared cache, emptied because toolchain or Cargo.lock differ"
    };
    fs::create_dir_all(&target)?;
    let probe = target.join("probe");
    fs::write(&probe, b"writable")?;
    fs::remove_file(&probe)?;
    Ok(TargetFolder { path: target, reason: reason.to_owned(), lock: Some(lock) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_ci(cache_home: &Path) -> Environment {
        Environment { ci: true, xdg_cache_home: Some(cache_home.into()), ..Environment::default() }
    }

    #[test]
    fn the_cache_is_used_on_a_ci_server_only() {
        let environment =
            |ci| Environment { ci, home: Some("/somewhere".into()), ..Environment::default() };
        let expected = Path::new("/somewhere/.cache/micromegas/ci");
        assert_eq!(environment(true).cache().as_deref(), Ok(expected));
        assert_eq!(environment(false).cache(), Err("CI is not set, so no shared cache"));
    }

    #[test]
    fn a_folder_named_by_the_user_is_respected() {
        let environment = Environment {
            cargo_target_dir: Some("/elsewhere".into()),
            ..in_ci(Path::new("/cache"))
        };
        assert_eq!(environment.cache(), Err("named by CARGO_TARGET_DIR"));
    }

    #[test]
    fn a_folder_filled_under_another_key_is_emptied() {
        let home = tempfile::tempdir().unwrap();
        let first = adopt(home.path(), b"one").unwrap();
        let product = first.path().join("product");
        fs::write(&product, b"").unwrap();
        drop(first);
        drop(adopt(home.path(), b"one").unwrap());
        assert!(product.exists());
        drop(adopt(home.path(), b"two").unwrap());
        assert!(!product.exists());
    }

    #[test]
    fn a_folder_in_use_is_not_shared() {
        let home = tempfile::tempdir().unwrap();
        let workspace = Workspace::locate().unwrap();
        let first = TargetFolder::choose(&workspace, &in_ci(home.path()));
        assert!(first.is_shared());
        let second = TargetFolder::choose(&workspace, &in_ci(home.path()));
        assert!(!second.is_shared());
        assert_eq!(second.path(), workspace.target());
    }

    #[test]
    fn a_cache_that_cannot_be_written_falls_back_to_the_checkout() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("micromegas"), b"a file where a folder should be").unwrap();
        let workspace = Workspace::locate().unwrap();
        let folder = TargetFolder::choose(&workspace, &in_ci(home.path()));
        assert!(!folder.is_shared());
        assert_eq!(folder.path(), workspace.target());
    }
}
