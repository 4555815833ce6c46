//! One buffer: its owner writes and publishes, anyone reads what is published.
//!
//! The position is the whole protocol. The owner writes words at and after it, then
//! release-stores the new position; a reader acquire-loads it and may read all words before it.
//! Words before the position never change until the buffer is reset, and it is reset only while
//! nobody but its chain knows it (`Arc::get_mut`).
#![expect(
    unsafe_code,
    reason = "the committed prefix of a raw allocation is published by an atomic position"
)]

use crate::buffer::pool::Lease;
use crate::sync::{Arc, AtomicPtr, Ordering, note_read, note_written};
use std::ptr::{copy_nonoverlapping, null_mut};

/// A buffer of words. It lies alone on its cache line, which the owner alone writes.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct Buffer {
    position: AtomicPtr<u64>,
    limit: *mut u64,
    base: *mut u64,
    /// Keeps the memory from `base` to `limit`; none in the buffer without room.
    _lease: Option<Lease>,
}

// SAFETY: `limit`, `base` and the lease do not change while the buffer is shared; `position` is
// atomic. The memory behind them is written only through `append` and `publish`, whose contract
// admits one thread at a time, and only at and after the position; it is read only before it.
unsafe impl Send for Buffer {}
// SAFETY: as for `Send`.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// A buffer that never has room: what a thread's cursor points to while it has no buffer.
    pub(crate) const fn without_room() -> Self {
        Self {
            position: AtomicPtr::new(null_mut()),
            limit: null_mut(),
            base: null_mut(),
            _lease: None,
        }
    }

    pub(crate) fn new(lease: Lease) -> Self {
        let base = lease.base();
        let limit = base.wrapping_add(lease.bytes() / size_of::<u64>());
        Self { position: AtomicPtr::new(base), limit, base, _lease: Some(lease) }
    }

    /// How many bytes the buffer holds altogether.
    pub(crate) fn capacity_bytes(&self) -> usize {
        self.limit.addr() - self.base.addr()
    }

    /// How many bytes lie after the position.
    #[inline(always)]
    pub(crate) fn room_bytes(&self) -> usize {
        self.limit.addr() - self.position.load(Ordering::Relaxed).addr()
    }

    /// Writes a record and publishes it; false if it does not fit, and then `words` is not called.
    ///
    /// # Safety
    /// The caller is the only one that writes to this buffer at this time, also within `words`,
    /// and has no record open at its position.
    #[inline(always)]
    pub(crate) unsafe fn append<const N: usize>(&self, words: impl FnOnce() -> [u64; N]) -> bool {
        let position = self.position.load(Ordering::Relaxed);
        if self.limit.addr() - position.addr() < size_of::<[u64; N]>() {
            return false;
        }
        // SAFETY: at least N words lie between the position and the end of the allocation; the
        // position is aligned to a word; the caller is the only writer, and no reader looks at or
        // after the position.
        unsafe { position.cast::<[u64; N]>().write(words()) };
        note_written(position, N);
        // SAFETY: N words further is still inside the allocation or at its end.
        let next = unsafe { position.add(N) };
        self.position.store(next, Ordering::Release);
        true
    }

    /// As [`append`](Self::append), for a record of words and bytes: the bytes of all `parts` lie
    /// one after the other, padded with zeros to a whole word.
    ///
    /// # Safety
    /// As for [`append`](Self::append).
    pub(crate) unsafe fn append_parts(&self, words: &[u64], parts: &[&[u8]]) -> bool {
        let text_words = part_words(parts);
        let record_words = words.len() + text_words;
        if self.room_bytes() < record_words * size_of::<u64>() {
            return false;
        }
        let position = self.position();
        // SAFETY: all words of the record are room; the caller is the only writer, and no reader
        // looks at or after the position, so nothing borrows what is written.
        unsafe { copy_nonoverlapping(words.as_ptr(), position, words.len()) };
        // SAFETY: as above; the last word of the bytes exists if there are bytes at all.
        let mut end = unsafe { position.add(words.len()) }.cast::<u8>();
        if text_words > 0 {
            // SAFETY: the record's last word is inside the room.
            let last = unsafe { position.add(record_words - 1) };
            // SAFETY: as above; the bytes then written leave zeros where they end within it.
            unsafe { last.write(0) };
        }
        for part in parts {
            // SAFETY: all parts together fit into the words that follow the first ones.
            unsafe { copy_nonoverlapping(part.as_ptr(), end, part.len()) };
            // SAFETY: the end of a part is inside the record, or at its end.
            end = unsafe { end.add(part.len()) };
        }
        // SAFETY: all words were written, and the caller is the only writer.
        unsafe { self.publish(record_words) };
        true
    }

    /// The place where the owner writes its next record.
    pub(crate) fn position(&self) -> *mut u64 {
        self.position.load(Ordering::Relaxed)
    }

    /// Publishes the `words` that the owner wrote at the position.
    ///
    /// # Safety
    /// The caller is the only writer and has initialised that many words at the position, all of
    /// them within the room.
    pub(crate) unsafe fn publish(&self, words: usize) {
        note_written(self.position(), words);
        // SAFETY: the caller wrote these words inside the allocation.
        let next = unsafe { self.position().add(words) };
        self.position.store(next, Ordering::Release);
    }

    /// How many words are committed. Everything before that was written by the owner and is
    /// visible to the caller.
    pub(crate) fn committed_words(&self) -> usize {
        (self.position.load(Ordering::Acquire).addr() - self.base.addr()) / size_of::<u64>()
    }

    /// Makes the whole buffer room again.
    pub(crate) fn reset(&mut self) {
        self.position.store(self.base, Ordering::Relaxed);
    }
}

/// How many words the bytes of all parts take.
pub(crate) fn part_words(parts: &[&[u8]]) -> usize {
    parts.iter().map(|part| part.len()).sum::<usize>().div_ceil(size_of::<u64>())
}

/// Committed words of a buffer, kept from being reused while this lives.
#[derive(Debug)]
pub(crate) struct Prefix {
    buffer: Arc<Buffer>,
    from: usize,
    to: usize,
}

impl Prefix {
    /// The words from `from` on that are committed now.
    pub(crate) fn since(buffer: &Arc<Buffer>, from: usize) -> Self {
        let to = buffer.committed_words();
        Self { buffer: Arc::clone(buffer), from: from.min(to), to }
    }

    pub(crate) fn buffer(&self) -> &Arc<Buffer> {
        &self.buffer
    }

    pub(crate) fn end(&self) -> usize {
        self.to
    }

    pub(crate) fn words(&self) -> &[u64] {
        if self.from == self.to {
            return &[];
        }
        // SAFETY: `from` is at most `to`, which was the committed length.
        let first = unsafe { self.buffer.base.add(self.from) };
        note_read(first, self.to - self.from);
        // SAFETY: the words up to `to` were committed, and the acquire load in `since` made them
        // visible. They do not change while this prefix lives: the buffer is reset only through
        // `Arc::get_mut`, which the clone held here prevents, and that clone also keeps the memory.
        unsafe { std::slice::from_raw_parts(first, self.to - self.from) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buffer::pool::Pool;

    fn buffer(bytes: usize) -> Buffer {
        let pool: &'static Pool = Box::leak(Box::new(Pool::new()));
        pool.set_bound(bytes);
        Buffer::new(pool.take(bytes).expect("the pool has room"))
    }

    #[test]
    fn what_is_committed_is_read_and_nothing_else() {
        let buffer = Arc::new(buffer(64));
        assert!(Prefix::since(&buffer, 0).words().is_empty());
        // SAFETY: this thread alone knows the buffer.
        assert!(unsafe { buffer.append(|| [1, 2]) });
        let first = Prefix::since(&buffer, 0);
        // SAFETY: as above.
        assert!(unsafe { buffer.append(|| [3, 4, 5]) });
        assert_eq!(first.words(), [1, 2]);
        assert_eq!(Prefix::since(&buffer, first.end()).words(), [3, 4, 5]);
    }

    #[test]
    fn a_record_that_does_not_fit_changes_nothing() {
        let buffer = Arc::new(buffer(32));
        // SAFETY: this thread alone knows the buffer.
        assert!(unsafe { buffer.append(|| [1, 2, 3]) });
        // SAFETY: as above.
        assert!(!unsafe { buffer.append(|| [4, 5]) });
        assert_eq!(Prefix::since(&buffer, 0).words(), [1, 2, 3]);
        let none = Buffer::without_room();
        // SAFETY: as above.
        assert!(!unsafe { none.append(|| [1]) });
    }

    #[test]
    fn bytes_are_padded_with_zeros() {
        let buffer = Arc::new(buffer(64));
        // SAFETY: this thread alone knows the buffer.
        assert!(unsafe { buffer.append_parts(&[1], &[b"four", b"", b"teen bytes"]) });
        let text = u64::from_ne_bytes(*b"fourteen");
        let rest = u64::from_ne_bytes(*b" bytes\0\0");
        assert_eq!(Prefix::since(&buffer, 0).words(), [1, text, rest]);
        // SAFETY: as above.
        assert!(!unsafe { buffer.append_parts(&[1], &[&[0; 40]]) });
        // SAFETY: as above.
        assert!(unsafe { buffer.append_parts(&[1, 2], &[]) });
        assert_eq!(Prefix::since(&buffer, 3).words(), [1, 2]);
    }

    #[test]
    fn a_reader_on_another_thread_sees_whole_records() {
        // Miri takes its time, and changes threads anywhere.
        const RECORDS: u64 = if cfg!(miri) { 1_000 } else { 50_000 };
        let buffer = Arc::new(buffer(1 << 20));
        let reader = std::thread::Builder::new();
        let shared = Arc::clone(&buffer);
        let reader = reader
            .spawn(move || {
                let mut seen = 0u64;
                while seen < RECORDS {
                    let prefix = Prefix::since(&shared, 2 * seen as usize);
                    for pair in prefix.words().chunks(2) {
                        assert_eq!(pair, [seen, !seen]);
                        seen += 1;
                    }
                }
            })
            .expect("threads can be started");
        for number in 0..RECORDS {
            // SAFETY: this thread is the only writer.
            assert!(unsafe { buffer.append(|| [number, !number]) });
        }
        reader.join().expect("the reader saw only whole records");
    }
}
