//! Sets of properties that live as long as the process.

use crate::lock::lock;
use crate::metadata::Number;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

/// A name and a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Property {
    name: &'static str,
    value: &'static str,
}

impl Property {
    /// A property.
    pub const fn new(name: &'static str, value: &'static str) -> Self {
        Self { name, value }
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its value.
    pub const fn value(&self) -> &'static str {
        self.value
    }
}

/// Properties that many events share; an event refers to them by an address and copies nothing.
///
/// ```
/// use micromegas_tracing::prelude::*;
/// use micromegas_tracing::{Property, PropertySet};
///
/// static MAP: PropertySet = PropertySet::new(&[Property::new("map", "atlas")]);
///
/// info!(..&MAP, "loaded");
///
/// let player = PropertySet::find_or_create(vec![Property::new("team", "red")]);
/// imetric!("score", "points", ..player, 12);
/// ```
#[derive(Debug)]
#[repr(align(16))]
pub struct PropertySet {
    pub(crate) number: Number,
    properties: &'static [Property],
}

impl PropertySet {
    /// A set for a `static`. Of properties with equal names, in whatever case, the last counts.
    pub const fn new(properties: &'static [Property]) -> Self {
        Self { number: Number::unset(), properties }
    }

    /// The set of these properties, which is kept for the rest of the process's life: for few
    /// different sets that many events share. The order of the properties makes no other set.
    pub fn find_or_create(mut properties: Vec<Property>) -> &'static Self {
        static SETS: LazyLock<Mutex<HashMap<Vec<Property>, &'static PropertySet>>> =
            LazyLock::new(Mutex::default);
        properties.sort_by_key(|property| property.name);
        let mut sets = lock(&SETS);
        if let Some(set) = sets.get(&properties) {
            return set;
        }
        let set: &'static Self = Box::leak(Box::new(Self::new(properties.clone().leak())));
        sets.insert(properties, set);
        set
    }

    /// The properties.
    pub const fn properties(&self) -> &'static [Property] {
        self.properties
    }

    /// The value of a property; the case of its name does not matter.
    pub fn get(&self, name: &str) -> Option<&'static str> {
        let mut properties = self.properties.iter().rev();
        properties.find(|own| own.name.eq_ignore_ascii_case(name)).map(Property::value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_made_once_in_whatever_order() {
        let (a, b) = (Property::new("a", "1"), Property::new("b", "2"));
        let set = PropertySet::find_or_create(vec![a, b]);
        assert!(std::ptr::eq(set, PropertySet::find_or_create(vec![b, a])));
        assert!(!std::ptr::eq(set, PropertySet::find_or_create(vec![a])));
        assert_eq!(set.get("B"), Some("2"));
        assert_eq!(set.get("c"), None);
    }
}
