//! Stream layouts kept in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use micromegas_transit::{LayoutHash, StreamLayout};

/// The most bytes of layouts kept. Those of published clients take a few kilobytes each, and
/// there are few; a client with large ones must not fill the memory.
const BYTES_MAX: usize = 32 << 20;

/// Layouts by their hash, all dropped when they become too many: they never change, and most
/// streams share a handful.
#[derive(Debug, Default)]
pub(crate) struct LayoutCache {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    layouts: HashMap<LayoutHash, Arc<StreamLayout>>,
    bytes: usize,
}

impl LayoutCache {
    pub(crate) fn find(&self, hash: LayoutHash) -> Option<Arc<StreamLayout>> {
        self.kept().layouts.get(&hash).map(Arc::clone)
    }

    pub(crate) fn keep(&self, hash: LayoutHash, layout: &Arc<StreamLayout>) {
        let bytes = layout_bytes(layout);
        let mut kept = self.kept();
        if kept.bytes.saturating_add(bytes) > BYTES_MAX {
            *kept = Kept::default();
        }
        if bytes <= BYTES_MAX && kept.layouts.insert(hash, Arc::clone(layout)).is_none() {
            kept.bytes += bytes;
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a layout takes in memory, about.
pub(crate) fn layout_bytes(layout: &StreamLayout) -> usize {
    let types = [&layout.dependencies, &layout.objects].into_iter().flatten();
    types
        .map(|layout| {
            let members = layout.members.iter();
            let members: usize =
                members.map(|member| 64 + member.name.len() + member.type_name.len()).sum();
            64 + layout.name.len() + members
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use micromegas_transit::TypeLayout;

    use super::*;

    fn layout(number: usize, name_bytes: usize) -> Arc<StreamLayout> {
        let object = TypeLayout {
            name: format!("{number:0name_bytes$}"),
            size: 8,
            members: Vec::new(),
            is_reference: false,
        };
        Arc::new(StreamLayout { dependencies: Vec::new(), objects: vec![object] })
    }

    #[test]
    fn what_is_kept_stays_below_the_limit() {
        let cache = LayoutCache::default();
        let object = &layout(1, 10_000).objects[0];
        let large =
            Arc::new(StreamLayout { dependencies: vec![object.clone(); 500], objects: Vec::new() });
        for number in 0..20 {
            cache.keep(LayoutHash::from_bytes([number; 16]), &large);
            assert!(cache.kept().bytes <= BYTES_MAX);
        }
        let (small, hash) = (layout(2, 10), LayoutHash::from_bytes([99; 16]));
        cache.keep(hash, &small);
        cache.keep(hash, &small);
        assert!(Arc::ptr_eq(&cache.find(hash).unwrap(), &small));
        let counted: usize = cache.kept().layouts.values().map(|layout| layout_bytes(layout)).sum();
        assert_eq!(cache.kept().bytes, counted);
    }
}
