//! Values that are not times: a bench leaves them where `cargo xtask budget` looks for them.

use std::fs;
use std::io;
use std::path::Path;

/// Leaves a value in criterion's folder, under a name like that of a bench: `target/name`.
///
/// # Errors
/// When the file cannot be written.
pub fn leave_value(criterion_folder: &Path, name: &str, value: f64) -> io::Result<()> {
    let folder = criterion_folder.join(name);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("value"), format!("{value}\n"))
}
