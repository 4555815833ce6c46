//! All properties of one event.

use crate::properties::list::Pairs;
use crate::properties::{Property, PropertySet};

/// The properties of an event, in the order in which they count: pairs made at run time, the last
/// one first; then the constants of the call site; then a set that was spread into it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tags<'a> {
    pub(crate) pairs: &'a [u8],
    pub(crate) constants: Option<&'static PropertySet>,
    pub(crate) spread: Option<&'static PropertySet>,
}

impl<'a> Tags<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        self.pairs.is_empty() && self.constants.is_none() && self.spread.is_none()
    }

    /// The one set that is all there is.
    pub(crate) fn only_set(&self) -> Option<&'static PropertySet> {
        match (self.constants, self.spread) {
            _ if !self.pairs.is_empty() => None,
            (Some(set), None) | (None, Some(set)) => Some(set),
            _ => None,
        }
    }

    /// All pairs, also those that do not count because one of the same name comes before.
    fn all(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let of_set = |set: Option<&'static PropertySet>| {
            set.into_iter().flat_map(|set| set.properties().iter().rev().map(pair))
        };
        Pairs::new(self.pairs).chain(of_set(self.constants)).chain(of_set(self.spread))
    }

    /// Appends the pairs that count; in what order is of no importance.
    pub(crate) fn collect_into(&self, pairs: &mut Vec<(&'a str, &'a str)>) {
        for (name, value) in self.all() {
            if !pairs.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
                pairs.push((name, value));
            }
        }
    }
}

fn pair<'a>(property: &Property) -> (&'a str, &'a str) {
    (property.name(), property.value())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::properties::PropertyList;

    static CONSTANTS: PropertySet =
        PropertySet::new(&[Property::new("a", "constant"), Property::new("b", "constant")]);
    static SPREAD: PropertySet =
        PropertySet::new(&[Property::new("B", "spread"), Property::new("c", "spread")]);

    #[test]
    fn pairs_beat_constants_and_those_beat_the_spread_set() {
        let mut list = PropertyList::default();
        list.set_property("A", "first");
        list.set_property("a", "last");
        let tags =
            Tags { pairs: list.as_bytes(), constants: Some(&CONSTANTS), spread: Some(&SPREAD) };
        let mut pairs = Vec::new();
        tags.collect_into(&mut pairs);
        assert_eq!(pairs, [("a", "last"), ("b", "constant"), ("c", "spread")]);
    }
}
