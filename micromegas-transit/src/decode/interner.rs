//! Building the string table of a block.

use std::hash::{BuildHasher, RandomState};

use super::columns::StringTable;
use super::compact_ids::{slot_count, spread};
use super::losses::LossReason;

const EMPTY: u32 = u32::MAX;

/// Collects strings, each text once; index 0 is the empty string.
#[derive(Debug)]
pub(super) struct Interner {
    table: StringTable,
    /// Open addressing by hash: index into the table.
    slots: Vec<u32>,
    /// How many strings the slots are for.
    room: usize,
    hasher: RandomState,
    max_bytes: usize,
}

impl Interner {
    /// For any number of strings; half of the slots stay empty.
    pub(super) fn new(max_bytes: usize) -> Self {
        Self::with_slots(16, max_bytes)
    }

    /// For at most this many strings, in little memory.
    pub(super) fn compact(string_count: usize, max_bytes: usize) -> Self {
        // The empty string is always there.
        let room = string_count + 1;
        Self { room, ..Self::with_slots(slot_count(room), max_bytes) }
    }

    fn with_slots(count: usize, max_bytes: usize) -> Self {
        let mut table = StringTable::default();
        table.end_string();
        let mut interner = Self {
            table,
            slots: vec![EMPTY; count],
            room: count / 2,
            hasher: RandomState::new(),
            max_bytes,
        };
        let slot = interner.slot_of(&[]);
        interner.slots[slot] = 0;
        interner
    }

    /// The most bytes that an interner of this many strings takes beside their table, old
    /// slots beside new ones included.
    pub(super) fn bytes_of(string_count: usize) -> usize {
        (string_count * 2).next_power_of_two() * size_of::<u32>() * 3 / 2
    }

    /// The bytes that a compact interner takes beside its table.
    pub(super) fn compact_bytes_of(string_count: usize) -> usize {
        slot_count(string_count + 1) * size_of::<u32>()
    }

    pub(super) fn table(&self) -> &StringTable {
        &self.table
    }

    /// The index of a string, if it was added.
    pub(super) fn find(&self, text: &str) -> Option<i32> {
        let index = self.slots[self.slot_of(text.as_bytes())];
        (index != EMPTY).then_some(index as i32)
    }

    pub(super) fn into_table(self) -> StringTable {
        self.table
    }

    /// Adds the string that `append` appends (valid UTF-8), and gives its index.
    pub(super) fn intern(
        &mut self,
        append: impl FnOnce(&mut Vec<u8>) -> Result<(), LossReason>,
    ) -> Result<u32, LossReason> {
        self.table.reserve_tightly();
        let begin = self.table.bytes.len();
        let appended = append(&mut self.table.bytes);
        if appended.is_ok() && self.table.bytes.len() <= self.max_bytes {
            let slot = self.slot_of(&self.table.bytes[begin..]);
            let found = self.slots[slot];
            if found == EMPTY {
                let index = self.table.len() as u32;
                self.table.end_string();
                self.slots[slot] = index;
                if self.table.len() > self.room {
                    self.grow();
                }
                return Ok(index);
            }
            self.table.drop_unended();
            return Ok(found);
        }
        self.table.drop_unended();
        appended.and(Err(LossReason::TextLimitExceeded))
    }

    /// The slot that holds `text`, or the empty one where it belongs.
    fn slot_of(&self, text: &[u8]) -> usize {
        let mut slot = spread(self.hasher.hash_one(text), self.slots.len());
        loop {
            let index = self.slots[slot];
            if index == EMPTY || self.table.bytes_at(index as usize) == Some(text) {
                return slot;
            }
            slot += 1;
            if slot == self.slots.len() {
                slot = 0;
            }
        }
    }

    fn grow(&mut self) {
        self.slots = vec![EMPTY; self.slots.len() * 2];
        self.room = self.slots.len() / 2;
        for index in 0..self.table.len() {
            if let Some(text) = self.table.bytes_at(index) {
                let slot = self.slot_of(text);
                self.slots[slot] = index as u32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intern(interner: &mut Interner, text: &str) -> Result<u32, LossReason> {
        interner.intern(|out| {
            out.extend_from_slice(text.as_bytes());
            Ok(())
        })
    }

    #[test]
    fn equal_texts_share_an_index() {
        let mut interner = Interner::new(1000);
        assert_eq!(intern(&mut interner, ""), Ok(0));
        assert_eq!(intern(&mut interner, "a"), Ok(1));
        assert_eq!(intern(&mut interner, "b"), Ok(2));
        assert_eq!(intern(&mut interner, "a"), Ok(1));
        for i in 0..100 {
            let text = format!("text {i}");
            let index = intern(&mut interner, &text).unwrap();
            assert_eq!(intern(&mut interner, &text), Ok(index));
            assert_eq!(interner.table().get(index as usize), Some(text.as_str()));
        }
        assert_eq!(interner.into_table().len(), 103);
    }

    #[test]
    fn a_failed_string_leaves_no_trace() {
        let mut interner = Interner::new(4);
        let failed = interner.intern(|out| {
            out.extend_from_slice(b"zz");
            Err(LossReason::InvalidText)
        });
        assert_eq!(failed, Err(LossReason::InvalidText));
        assert_eq!(intern(&mut interner, "12345"), Err(LossReason::TextLimitExceeded));
        assert_eq!(intern(&mut interner, "1234"), Ok(1));
        assert_eq!(interner.into_table().bytes, b"1234");
    }
}
