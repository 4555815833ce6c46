//! The queue of records that both buffers of a payload hold.

use crate::Reflect;

/// Records of up to this many bytes are put together in registers and appended as a whole, so that
/// the queue's room is looked at once. Those of all built-in events are.
const SHORT_BYTES: usize = 64;

/// Writes records one after the other: `type_index:u8 [size:u32] payload`.
///
/// ```
/// use micromegas_transit::RecordQueue;
///
/// let mut queue = RecordQueue::new();
/// queue.push_dynamic(1, |payload| payload.extend_from_slice(b"hi"));
/// assert_eq!(queue.as_bytes(), [1, 2, 0, 0, 0, b'h', b'i']);
/// assert_eq!(queue.record_count(), 1);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordQueue {
    bytes: Vec<u8>,
    record_count: usize,
}

impl RecordQueue {
    /// An empty queue.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty queue with room for `capacity` bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        Self { bytes: Vec::with_capacity(capacity), record_count: 0 }
    }

    /// Appends a fixed-size record. `type_index` is the position of `T`'s layout in the stream's
    /// table.
    #[inline]
    pub fn push<T: Reflect>(&mut self, type_index: u8, record: &T) {
        let mut short = [0; SHORT_BYTES];
        if let Some(own) = short.get_mut(..1 + T::SIZE) {
            own[0] = type_index;
            record.write_to(&mut own[1..]);
            self.bytes.extend_from_slice(own);
        } else {
            let start = self.bytes.len() + 1;
            self.bytes.push(type_index);
            self.bytes.resize(start + T::SIZE, 0);
            record.write_to(&mut self.bytes[start..]);
        }
        self.record_count += 1;
    }

    /// Appends a record that carries its size; `write` appends the payload.
    ///
    /// # Panics
    /// When the payload has 4 GiB or more, or when `write` removes bytes.
    #[inline]
    pub fn push_dynamic(&mut self, type_index: u8, write: impl FnOnce(&mut Vec<u8>)) {
        self.bytes.push(type_index);
        let size_at = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 4]);
        let start = self.bytes.len();
        write(&mut self.bytes);
        let size = self.bytes.len().checked_sub(start).and_then(|size| u32::try_from(size).ok());
        let size = size.expect("a record's payload grows, and stays below 4 GiB");
        self.bytes[size_at..start].copy_from_slice(&size.to_le_bytes());
        self.record_count += 1;
    }

    /// The records' bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The records' bytes, by value.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Forgets all records and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.record_count = 0;
    }

    /// Number of records.
    pub fn record_count(&self) -> usize {
        self.record_count
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.record_count == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reflect;

    #[derive(Reflect)]
    #[repr(C)]
    struct Wide {
        a: u64,
        b: u64,
        c: u64,
        d: u64,
        e: u64,
        f: u64,
        g: u64,
        h: u64,
    }

    #[test]
    fn records_of_any_width_are_appended_whole() {
        let mut queue = RecordQueue::new();
        queue.push(7, &Wide { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8 });
        queue.push(9, &crate::types::EndThreadSpanEvent { thread_span_desc: 10, time: 11 });
        let words = queue.as_bytes()[1..65].iter().step_by(8);
        assert_eq!(words.copied().collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7, 8]);
        let end = [&[9][..], &10_u64.to_le_bytes(), &11_u64.to_le_bytes()].concat();
        assert_eq!((queue.as_bytes()[0], &queue.as_bytes()[65..]), (7, end.as_slice()));
        assert_eq!(queue.record_count(), 2);
    }
}
