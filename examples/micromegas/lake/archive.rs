//! Processes in files.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use micromegas_lakehouse::{
    Lake, LakeOptions, Lakehouse, RecordKey, Tenant, export_process, import_process,
};

/// Writes a process into a new file.
pub(super) async fn export(
    lakehouse: &Lakehouse,
    process: &RecordKey,
    path: &Path,
    actor: &str,
) -> Result<()> {
    let unfinished = unfinished(path);
    let file = File::create_new(&unfinished)
        .with_context(|| format!("cannot make {}", unfinished.display()))?;
    let exported = export_process(lakehouse, process, actor, BufWriter::new(file)).await;
    let finished = exported.map_err(anyhow::Error::from).and_then(|(file, archived)| {
        file.into_inner()?.sync_all()?;
        // What has the name is a whole archive, and never another's.
        fs::hard_link(&unfinished, path)
            .with_context(|| format!("cannot name the archive {}", path.display()))?;
        Ok(archived)
    });
    // It has its name by now, or is of no use.
    let _ = fs::remove_file(&unfinished);
    let archived = finished?;
    Ok(writeln!(
        std::io::stdout().lock(),
        "{}: {} streams, {} blocks of {} bytes in {}",
        process.id,
        archived.streams,
        archived.blocks,
        archived.bytes,
        path.display()
    )?)
}

/// Takes such a file into the lake.
pub(super) async fn import(
    lakehouse: Lakehouse,
    tenant: &Tenant,
    path: &Path,
    actor: &str,
) -> Result<()> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let lake = Lake::new(lakehouse, LakeOptions::default());
    let (process, archived) = import_process(&lake, tenant, actor, BufReader::new(file)).await?;
    Ok(writeln!(
        std::io::stdout().lock(),
        "{}: {} streams, {} blocks of {} bytes are in the lake",
        process.id,
        archived.streams,
        archived.blocks,
        archived.bytes
    )?)
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".unfinished");
    name.into()
}
