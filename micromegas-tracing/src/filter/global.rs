//! The filters of the process, and rules for targets.

use crate::filter::STATIC_MAX_LEVEL;
use crate::level::{Level, LevelFilter};
use crate::lock::lock;
use crate::verbosity::VerbosityFilter;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

/// Levels of log entries. Nothing passes until the dispatch is initialised.
pub(crate) static LEVELS: Filters = Filters::new(LevelFilter::Off as u8);
/// Verbosities of metrics and spans.
pub(crate) static VERBOSITIES: Filters = Filters::new(VerbosityFilter::High as u8);

const NUMBER_BITS: u32 = 8;
const NUMBER_MASK: u32 = (1 << NUMBER_BITS) - 1;

/// A filter for all targets, and rules for some.
#[derive(Debug)]
pub(crate) struct Filters {
    /// In the low bits the greatest number that passes for any target; above them the number of
    /// the present set of rules, 0 while there is none.
    word: AtomicU32,
    rules: Mutex<Rules>,
}

#[derive(Debug)]
struct Rules {
    all: u8,
    /// How often the rules were changed.
    changes: u32,
    by_target: Vec<(String, u8)>,
    /// What holds for a while in place of the above.
    override_all: Option<u8>,
    override_by_target: Vec<(String, u8)>,
    has_ended: bool,
}

impl Rules {
    fn effective_all(&self) -> u8 {
        self.override_all.unwrap_or(self.all)
    }

    /// Rules for targets; of two with the same path the latter counts.
    fn effective_by_target(&self) -> impl Iterator<Item = &(String, u8)> {
        self.by_target.iter().chain(&self.override_by_target)
    }
}

impl Filters {
    const fn new(all: u8) -> Self {
        let rules = Mutex::new(Rules {
            all,
            changes: 0,
            by_target: Vec::new(),
            override_all: None,
            override_by_target: Vec::new(),
            has_ended: false,
        });
        Self { word: AtomicU32::new(all as u32), rules }
    }

    /// The word that tells everything while there are no rules.
    #[inline(always)]
    pub(crate) fn word(&self) -> u32 {
        self.word.load(Ordering::Relaxed)
    }

    fn all(&self) -> u8 {
        lock(&self.rules).effective_all()
    }

    fn set_all(&self, all: u8) {
        self.change(|rules| rules.all = all);
    }

    fn set_target(&self, target: &str, number: Option<u8>) {
        self.change(|rules| {
            rules.by_target.retain(|(own, _)| own != target);
            rules.by_target.extend(number.map(|number| (target.to_owned(), number)));
        });
    }

    fn change(&self, change: impl FnOnce(&mut Rules)) {
        let mut rules = lock(&self.rules);
        change(&mut rules);
        let greatest = rules.effective_by_target().map(|(_, number)| *number).max();
        let Some(greatest) = greatest else {
            self.word.store(u32::from(rules.effective_all()), Ordering::Relaxed);
            return;
        };
        // Rounds of sixteen million changes apart, a descriptor may mistake one set for another.
        rules.changes = rules.changes % (u32::MAX >> NUMBER_BITS) + 1;
        let greatest = greatest.max(rules.effective_all());
        let word = rules.changes << NUMBER_BITS | u32::from(greatest);
        self.word.store(word, Ordering::Relaxed);
    }

    /// What counts for a target: the rule with the longest path that it is, or is in.
    pub(crate) fn of_target(&self, target: &str) -> u8 {
        let rules = lock(&self.rules);
        let matching = rules.effective_by_target().filter(|(path, _)| is_in(target, path));
        let longest = matching.max_by_key(|(path, _)| path.len());
        longest.map_or(rules.effective_all(), |(_, number)| *number)
    }

    fn set_override(&self, all: Option<u8>, by_target: Vec<(String, u8)>) {
        self.change(|rules| {
            if !rules.has_ended {
                rules.override_all = all;
                rules.override_by_target = by_target;
            }
        });
    }

    fn turn_off(&self) {
        self.change(|rules| {
            rules.all = 0;
            rules.by_target.clear();
            rules.override_all = None;
            rules.override_by_target.clear();
            rules.has_ended = true;
        });
    }
}

/// Whether a word of a filter says that rules for targets exist.
#[inline(always)]
pub(super) fn has_rules(word: u32) -> bool {
    word > NUMBER_MASK
}

/// Whether a target is what a path names, or in it: `net::http` is in `net`.
fn is_in(target: &str, path: &str) -> bool {
    target.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The least severe level that is recorded at present, of targets that have none of their own.
pub fn max_level() -> LevelFilter {
    LevelFilter::from_number(LEVELS.all())
}

/// Changes which log entries are recorded, from now on and for the whole process, but for targets
/// with a level of their own.
pub fn set_max_level(filter: LevelFilter) {
    LEVELS.set_all(filter as u8);
}

/// Gives a target, and all those in it, a level of its own, or takes it away. Of several that a
/// target is in, the longest counts.
///
/// ```
/// use micromegas_tracing::{LevelFilter, set_target_level};
///
/// set_target_level("assets", Some(LevelFilter::Warn));
/// set_target_level("assets::textures", Some(LevelFilter::Trace));
/// set_target_level("assets", None);
/// ```
pub fn set_target_level(target: &str, filter: Option<LevelFilter>) {
    LEVELS.set_target(target, filter.map(|filter| filter as u8));
}

/// The finest verbosity of metrics and spans that is recorded at present, of targets that have
/// none of their own.
pub fn max_verbosity() -> VerbosityFilter {
    VerbosityFilter::from_number(VERBOSITIES.all())
}

/// Changes which metrics and spans are recorded, from now on and for the whole process, but for
/// targets with a verbosity of their own. Spans that have begun still record their end.
pub fn set_max_verbosity(filter: VerbosityFilter) {
    VERBOSITIES.set_all(filter as u8);
}

/// Gives a target, and all those in it, a verbosity of its own, or takes it away; as
/// [`set_target_level`].
pub fn set_target_verbosity(target: &str, filter: Option<VerbosityFilter>) {
    VERBOSITIES.set_target(target, filter.map(|filter| filter as u8));
}

/// Puts levels in force in place of those the host has set, for a while: one for targets that have
/// none of their own, and one for each of some targets. Each call replaces what the one before
/// put in force; nothing at all takes it back. What the host sets meanwhile counts after that.
///
/// ```
/// use micromegas_tracing::{LevelFilter, max_level, override_levels, set_max_level};
///
/// set_max_level(LevelFilter::Info);
/// override_levels(Some(LevelFilter::Trace), [("net", LevelFilter::Warn)]);
/// assert_eq!(max_level(), LevelFilter::Trace);
/// override_levels(None, []);
/// assert_eq!(max_level(), LevelFilter::Info);
/// ```
pub fn override_levels<'a>(
    all: Option<LevelFilter>,
    targets: impl IntoIterator<Item = (&'a str, LevelFilter)>,
) {
    let targets = targets.into_iter();
    let by_target = targets.map(|(target, filter)| (target.to_owned(), filter as u8)).collect();
    LEVELS.set_override(all.map(|filter| filter as u8), by_target);
}

/// Puts verbosities in force in place of those the host has set, as [`override_levels`].
pub fn override_verbosities<'a>(
    all: Option<VerbosityFilter>,
    targets: impl IntoIterator<Item = (&'a str, VerbosityFilter)>,
) {
    let targets = targets.into_iter();
    let by_target = targets.map(|(target, filter)| (target.to_owned(), filter as u8)).collect();
    VERBOSITIES.set_override(all.map(|filter| filter as u8), by_target);
}

/// Whether a log entry of this level and target would be recorded at present.
pub fn is_level_enabled(target: &str, level: Level) -> bool {
    let word = LEVELS.word();
    if !STATIC_MAX_LEVEL.allows(level) || u32::from(level as u8) > (word & NUMBER_MASK) {
        return false;
    }
    !has_rules(word) || level as u8 <= LEVELS.of_target(target)
}

/// Whether metrics and spans of every verbosity are recorded, whatever their target.
#[inline(always)]
pub(crate) fn is_everything_verbose() -> bool {
    VERBOSITIES.word() == VerbosityFilter::High as u32
}

/// Lets no log entry through any more, and forgets the rules.
pub(crate) fn turn_off() {
    LEVELS.turn_off();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_path_counts_and_names_are_not_cut() {
        let filters = Filters::new(4);
        filters.set_target("net", Some(2));
        filters.set_target("net::http", Some(6));
        assert!(has_rules(filters.word()));
        assert_eq!(filters.word() & NUMBER_MASK, 6);
        let expected =
            [("net", 2), ("net::tcp", 2), ("net::http::client", 6), ("network", 4), ("app", 4)];
        for (target, number) in expected {
            assert_eq!(filters.of_target(target), number, "{target}");
        }
        let word = filters.word();
        filters.set_target("net::http", None);
        assert_ne!(filters.word(), word);
        filters.set_target("net", None);
        assert_eq!(filters.word(), 4);
    }

    #[test]
    fn an_override_counts_for_a_while_and_what_the_host_sets_after_it() {
        let filters = Filters::new(4);
        filters.set_target("net", Some(2));
        filters.set_target("net::http", Some(3));
        filters.set_override(Some(5), vec![("net".to_owned(), 6), ("app".to_owned(), 1)]);
        let at = |targets: [&str; 4]| targets.map(|target| filters.of_target(target));
        let targets = ["net", "net::http", "app::main", "other"];
        assert_eq!(at(targets), [6, 3, 1, 5]);
        assert_eq!(filters.word() & NUMBER_MASK, 6);
        filters.set_all(1);
        filters.set_target("net::http", None);
        assert_eq!(at(targets), [6, 6, 1, 5]);
        let word = filters.word();
        filters.set_override(None, Vec::new());
        assert_ne!(filters.word(), word);
        assert_eq!(at(targets), [2, 2, 1, 1]);
        // After the end nothing is put in force any more.
        filters.turn_off();
        filters.set_override(Some(6), Vec::new());
        assert_eq!(filters.word(), 0);
    }
}
