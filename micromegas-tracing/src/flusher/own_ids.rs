//! Ids of what was made at run time: texts, descriptors with names of their own, property sets.
//! They mean something in one block only, so nothing of it outlives the block.

use micromegas_transit::types::Property;
use std::collections::HashMap;

/// Ids of one block have the highest bit; numbers that last as long as the process do not.
const OWN: u64 = 1 << 63;

/// The ids of the present block.
#[derive(Debug, Default)]
pub(crate) struct OwnIds {
    texts: HashMap<Box<str>, u64>,
    descriptors: HashMap<[u64; 3], u64>,
    property_sets: HashMap<Vec<Property>, u64>,
    count: u64,
}

impl OwnIds {
    /// Forgets all ids.
    pub(super) fn clear(&mut self) {
        if self.count > 0 {
            *self = Self::default();
        }
    }

    fn next(&mut self) -> u64 {
        self.count += 1;
        OWN | self.count
    }

    /// The id of a text, and whether it is new.
    pub(crate) fn text(&mut self, text: &str) -> (u64, bool) {
        if let Some(id) = self.texts.get(text) {
            return (*id, false);
        }
        let id = self.next();
        self.texts.insert(text.into(), id);
        (id, true)
    }

    /// The id of the descriptor that these numbers tell from all others of its kind, and whether it
    /// is new.
    pub(super) fn descriptor(&mut self, key: [u64; 3]) -> (u64, bool) {
        if let Some(id) = self.descriptors.get(&key) {
            return (*id, false);
        }
        let id = self.next();
        self.descriptors.insert(key, id);
        (id, true)
    }

    /// The id of a property set, and whether it is new.
    pub(crate) fn property_set(&mut self, properties: &[Property]) -> (u64, bool) {
        if let Some(id) = self.property_sets.get(properties) {
            return (*id, false);
        }
        let id = self.next();
        self.property_sets.insert(properties.to_vec(), id);
        (id, true)
    }
}
