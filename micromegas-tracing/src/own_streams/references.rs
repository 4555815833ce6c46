//! What events of the host's own types refer to.

use crate::flusher::own_ids::OwnIds;
use micromegas_transit::types::{Property, PropertySetDependency, StaticStringDependency};
use micromegas_transit::{TypedQueue, record_set};

record_set! {
    /// What the events of a stream of the host's own can refer to.
    #[doc(hidden)]
    pub struct OwnDependencies {
        dynamic StaticStringDependency<'_>,
        dynamic PropertySetDependency<'_>,
    }
}

/// Gives ids to texts and property sets while an event is made; members marked
/// `#[reflect(reference)]` take them. An id belongs to the one event it was asked for.
#[derive(Debug, Default)]
pub struct References {
    ids: OwnIds,
    pub(super) queue: TypedQueue<OwnDependencies>,
}

impl References {
    /// The id of a text.
    pub fn text(&mut self, text: &str) -> u64 {
        let (id, is_new) = self.ids.text(text);
        if is_new {
            self.queue.push_dynamic(&StaticStringDependency { id, text });
        }
        id
    }

    /// The id of a set of properties: names and values.
    pub fn properties(&mut self, pairs: &[(&str, &str)]) -> u64 {
        let mut property = |(name, value): &(&str, &str)| Property {
            name: self.text(name),
            value: self.text(value),
        };
        let properties: Vec<_> = pairs.iter().map(&mut property).collect();
        let (id, is_new) = self.ids.property_set(&properties);
        if is_new {
            let properties = &properties;
            self.queue.push_dynamic(&PropertySetDependency { id, properties });
        }
        id
    }
}
