//! Memory in which a thread makes the properties of one event, kept from event to event.

use crate::properties::PropertyList;
use std::cell::Cell;

/// Memory beyond this is not kept.
const KEPT_BYTES_MAX: usize = 16 * 1024;

thread_local! {
    static MEMORY: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Lets `make` fill a list and `use_it` record it. A `Display` that records another event meanwhile
/// gets memory of its own.
#[inline]
pub(crate) fn with_list<R>(
    make: impl FnOnce(&mut PropertyList),
    use_it: impl FnOnce(&[u8]) -> R,
) -> R {
    let mut list = PropertyList::with_memory(MEMORY.try_with(Cell::take).unwrap_or_default());
    make(&mut list);
    let outcome = use_it(list.as_bytes());
    let memory = list.into_memory();
    if memory.capacity() <= KEPT_BYTES_MAX {
        // At the thread's end there is nothing to keep it in.
        let _ = MEMORY.try_with(|kept| kept.set(memory));
    }
    outcome
}
