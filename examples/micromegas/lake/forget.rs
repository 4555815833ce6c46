//! Forgetting processes.

use std::io::Write;

use anyhow::{Result, bail};
use micromegas_lakehouse::{
    BlockFilter, MetadataStore, RecordKey, StreamFilter, Tenant, forget_process,
    list_processes_of_user,
};

use super::command::Who;

/// How many blocks are counted at a time.
const PAGE_LENGTH: usize = 1000;

/// Forgets a process or all processes of a user, or says what that would be.
pub(super) async fn forget(
    store: &dyn MetadataStore,
    tenant: &Tenant,
    who: &Who,
    is_dry: bool,
    actor: &str,
) -> Result<()> {
    let processes = match (&who.process, &who.user) {
        (Some(id), None) => vec![RecordKey::new(tenant.clone(), *id)],
        (None, Some(name)) => list_processes_of_user(store, tenant, name).await?,
        _ => bail!("name a process or --user"),
    };
    let mut out = std::io::stdout().lock();
    for process in &processes {
        if is_dry {
            let (streams, blocks) = count(store, process).await?;
            writeln!(out, "{}: {streams} streams, {blocks} blocks", process.id)?;
        } else {
            let done = forget_process(store, process, actor).await?;
            let blocks = done.blocks + done.waiting_blocks;
            writeln!(out, "{}: forgot {} streams, {blocks} blocks", process.id, done.streams)?;
        }
    }
    if processes.is_empty() {
        writeln!(out, "no process is of that user")?;
    } else if !is_dry {
        writeln!(out, "their bytes go with the next rounds of a server, or of `lake clean`")?;
    }
    Ok(())
}

/// How many streams and complete blocks a process has.
async fn count(store: &dyn MetadataStore, process: &RecordKey) -> Result<(usize, usize)> {
    let tenants = std::slice::from_ref(&process.tenant);
    let streams = StreamFilter { process_ids: Some(vec![process.id]), ..StreamFilter::default() };
    let stream_count = store.list_streams(tenants, &streams, usize::MAX).await?.len();
    let mut blocks = BlockFilter { process_ids: Some(vec![process.id]), ..BlockFilter::default() };
    let mut block_count = 0;
    loop {
        let page = store.list_blocks(tenants, &blocks, PAGE_LENGTH).await?;
        block_count += page.len();
        match page.last() {
            Some(last) if page.len() == PAGE_LENGTH => blocks.after = last.sequence,
            _ => return Ok((stream_count, block_count)),
        }
    }
}
