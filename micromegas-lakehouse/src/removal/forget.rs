//! Forgetting a process, or all processes of a user.

use crate::audit::NewAuditRecord;
use crate::error::Result;
use crate::lake::{ProcessFilter, RecordKey};
use crate::removal::Forgetting;
use crate::store::MetadataStore;
use crate::tenant::Tenant;

/// How many blocks one transaction removes: what inserts wait for.
const BLOCK_COUNT_MAX: usize = 500;

/// How many processes are looked at at a time.
const PAGE_LENGTH: usize = 1_000;

/// Forgets a process, known or not: nothing of it is taken any more, its blocks, streams and
/// itself leave the lake at once, and its bytes as soon as
/// [`reclaim_objects`](crate::reclaim_objects) comes by. It goes on where an earlier call was
/// interrupted.
///
/// # Errors
///
/// [`Error::InvalidInput`](crate::Error::InvalidInput) if `actor` is empty or no printable text,
/// [`Error::Unavailable`](crate::Error::Unavailable) if the store does not answer.
pub async fn forget_process(
    store: &dyn MetadataStore,
    process: &RecordKey,
    actor: &str,
) -> Result<Forgetting> {
    let mut total = Forgetting::default();
    while !total.is_complete {
        let step = store.forget_process(process, actor, BLOCK_COUNT_MAX).await?;
        total.processes += step.processes;
        total.streams += step.streams;
        total.blocks += step.blocks;
        total.waiting_blocks += step.waiting_blocks;
        total.is_complete = step.is_complete;
    }
    let record = NewAuditRecord::new(
        process.tenant.clone(),
        actor,
        "process.forgotten",
        process.id.to_string(),
    )
    .with("blocks", (total.blocks + total.waiting_blocks).to_string())
    .with("streams", total.streams.to_string());
    store.append_audit(vec![record]).await?;
    Ok(total)
}

/// The processes of a tenant whose user has this name: those that [`forget_process`] is to be
/// called for to forget the user.
///
/// # Errors
///
/// [`Error::Unavailable`](crate::Error::Unavailable) if the store does not answer.
pub async fn list_processes_of_user(
    store: &dyn MetadataStore,
    tenant: &Tenant,
    username: &str,
) -> Result<Vec<RecordKey>> {
    let mut filter = ProcessFilter::default();
    let mut found = Vec::new();
    loop {
        let page = store.list_processes(std::slice::from_ref(tenant), &filter, PAGE_LENGTH).await?;
        let key = |id| RecordKey::new(tenant.clone(), id);
        let of_user = page.iter().filter(|process| process.info.username == username);
        found.extend(of_user.map(|process| key(process.info.process_id)));
        match page.last() {
            Some(last) if page.len() == PAGE_LENGTH => {
                filter.after = Some(key(last.info.process_id));
            }
            _ => return Ok(found),
        }
    }
}
