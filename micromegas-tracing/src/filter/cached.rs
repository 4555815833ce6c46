//! What a descriptor remembers of the rules for its target.

use crate::filter::global::{Filters, has_rules};
use std::sync::atomic::{AtomicU32, Ordering};

/// What the present rules say about the target of a descriptor, with the number of those rules.
/// Without rules it is not looked at.
#[derive(Debug)]
pub(crate) struct CachedFilter(AtomicU32);

impl CachedFilter {
    pub(crate) const fn unset() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Whether `number` passes for the target.
    #[inline(always)]
    pub(crate) fn allows(&self, filters: &Filters, number: u8, target: &str) -> bool {
        let word = filters.word();
        if has_rules(word) {
            self.allows_by_rule(filters, word, number, target)
        } else {
            u32::from(number) <= word
        }
    }

    #[cold]
    #[inline(never)]
    fn allows_by_rule(&self, filters: &Filters, word: u32, number: u8, target: &str) -> bool {
        let known = self.0.load(Ordering::Relaxed);
        if known >> 8 == word >> 8 {
            return u32::from(number) <= known & 0xff;
        }
        let allowed = filters.of_target(target);
        self.0.store(word & !0xff | u32::from(allowed), Ordering::Relaxed);
        number <= allowed
    }
}
