//! Memory in which a thread makes the properties of events, kept from event to event.

use std::cell::RefCell;

/// How many lists may be open in a thread, of events and of spans within each other, before the
/// next one asks the allocator.
const KEPT_COUNT_MAX: usize = 8;
/// Memory beyond this is not kept.
const KEPT_BYTES_MAX: usize = 16 * 1024;

struct Kept {
    memory: [Vec<u8>; KEPT_COUNT_MAX],
    count: usize,
    bytes: usize,
}

thread_local! {
    static KEPT: RefCell<Kept> = const {
        let memory = [const { Vec::new() }; KEPT_COUNT_MAX];
        RefCell::new(Kept { memory, count: 0, bytes: 0 })
    };
}

impl Kept {
    fn take(&mut self) -> Vec<u8> {
        let Some(count) = self.count.checked_sub(1) else { return Vec::new() };
        self.count = count;
        let memory = std::mem::take(&mut self.memory[count]);
        self.bytes -= memory.capacity();
        memory
    }

    /// What is not kept comes back.
    fn keep(&mut self, mut memory: Vec<u8>) -> Option<Vec<u8>> {
        if self.count == KEPT_COUNT_MAX || self.bytes + memory.capacity() > KEPT_BYTES_MAX {
            return Some(memory);
        }
        memory.clear();
        self.bytes += memory.capacity();
        self.memory[self.count] = memory;
        self.count += 1;
        None
    }
}

/// Empty memory: what was kept last, or none yet. At the thread's end nothing is kept, and nothing
/// is taken while a signal has interrupted the thread here.
pub(super) fn take() -> Vec<u8> {
    let take = |kept: &RefCell<Kept>| kept.try_borrow_mut().map(|mut kept| kept.take()).ok();
    KEPT.try_with(take).ok().flatten().unwrap_or_default()
}

/// Keeps memory for the next list, unless there is enough. It is freed outside: the host's allocator
/// may record, and come here again.
pub(super) fn keep(memory: Vec<u8>) {
    let mut memory = Some(memory);
    let _ = KEPT.try_with(|kept| {
        if let Ok(mut kept) = kept.try_borrow_mut() {
            memory = memory.take().and_then(|memory| kept.keep(memory));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_keeps_a_few_lists_and_not_much() {
        let make = |bytes| Vec::with_capacity(bytes);
        for _ in 0..2 * KEPT_COUNT_MAX {
            keep(make(100));
        }
        let all = std::iter::from_fn(|| Some(take()).filter(|memory| memory.capacity() > 0));
        assert_eq!(all.count(), KEPT_COUNT_MAX);
        keep(make(KEPT_BYTES_MAX / 2));
        keep(make(KEPT_BYTES_MAX));
        keep(make(KEPT_BYTES_MAX / 4));
        assert_eq!(take().capacity(), KEPT_BYTES_MAX / 4);
        assert_eq!(take().capacity(), KEPT_BYTES_MAX / 2);
        assert_eq!(take().capacity(), 0);
    }
}
