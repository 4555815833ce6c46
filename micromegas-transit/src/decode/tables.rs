//! The dependencies of a block, resolved into dense tables.

use super::columns::{PropertySets, Scope, StringTable, TextColumn};
use super::id_map::IdMap;
use super::losses::{LossReason, Losses};
use super::scopes;

/// Everything that the events of a block may refer to. Each kind of dependency has ids of its own.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) strings: StringTable,
    pub(super) string_ids: IdMap,
    pub(super) property_sets: PropertySets,
    pub(super) override_names: OverrideNames,
    pub(super) property_set_ids: IdMap,
    pub(super) log_descriptors: Vec<LogDescriptor>,
    pub(super) log_descriptor_ids: IdMap,
    pub(super) metric_descriptors: Vec<MetricDescriptor>,
    pub(super) metric_descriptor_ids: IdMap,
    /// The scopes of span descriptors.
    pub(super) scopes: Vec<Scope>,
    pub(super) scope_ids: IdMap,
    pub(super) locations: Vec<SpanLocation>,
    pub(super) location_ids: IdMap,
    pub(super) losses: Losses,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct LogDescriptor {
    pub(super) level: i32,
    pub(super) target: i32,
    pub(super) format: i32,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct MetricDescriptor {
    pub(super) name: i32,
    pub(super) unit: i32,
    pub(super) target: i32,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct SpanLocation {
    pub(super) target: i32,
    pub(super) file: i32,
    pub(super) line: u32,
}

/// What a property set puts in place of its event's own columns.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Overrides {
    pub(super) level: Option<i32>,
    pub(super) target: Option<i32>,
    pub(super) name: Option<i32>,
    pub(super) unit: Option<i32>,
}

/// The names of properties that override, as string indices; none for one that the block lacks.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct OverrideNames {
    level: Option<i32>,
    target: Option<i32>,
    name: Option<i32>,
    unit: Option<i32>,
}

impl OverrideNames {
    /// Finds the names with a function that gives the index of a string.
    pub(super) fn find(index_of: impl Fn(&str) -> Option<i32>) -> Self {
        let [level, target, name, unit] = ["level", "target", "name", "unit"].map(index_of);
        Self { level, target, name, unit }
    }
}

/// The level that a property spells; other text overrides nothing.
fn parse_level(text: &str) -> Option<i32> {
    const NAMES: [(&str, i32); 7] = [
        ("fatal", 1),
        ("error", 2),
        ("warning", 3),
        ("warn", 3),
        ("info", 4),
        ("debug", 5),
        ("trace", 6),
    ];
    NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, level)| *level)
}

impl Tables {
    /// The index of a string.
    #[inline]
    pub(super) fn string(&self, id: u64) -> Result<i32, LossReason> {
        found(self.string_ids.get(id))
    }

    /// The index of a property set.
    #[inline]
    pub(super) fn property_set(&self, id: u64) -> Result<i32, LossReason> {
        found(self.property_set_ids.get(id))
    }

    /// What a property set overrides; of equal names the first counts.
    pub(super) fn overrides(&self, set: i32) -> Overrides {
        let names = self.override_names;
        let mut overrides = Overrides::default();
        for (name, value) in self.property_sets.get(set as usize).unwrap_or_default() {
            let slot = match Some(*name) {
                name if name == names.level => {
                    let level = self.strings.get(*value as usize).and_then(parse_level);
                    overrides.level = overrides.level.or(level);
                    continue;
                }
                name if name == names.target => &mut overrides.target,
                name if name == names.name => &mut overrides.name,
                name if name == names.unit => &mut overrides.unit,
                _ => continue,
            };
            slot.get_or_insert(*value);
        }
        overrides
    }

    #[inline]
    pub(super) fn log_descriptor(&self, id: u64) -> Result<LogDescriptor, LossReason> {
        let index = found(self.log_descriptor_ids.get(id))?;
        Ok(self.log_descriptors[index as usize])
    }

    #[inline]
    pub(super) fn metric_descriptor(&self, id: u64) -> Result<MetricDescriptor, LossReason> {
        let index = found(self.metric_descriptor_ids.get(id))?;
        Ok(self.metric_descriptors[index as usize])
    }

    /// The scope of a name at a location.
    pub(super) fn named_scope(&self, location: u32, name: i32) -> Scope {
        let SpanLocation { target, file, line } = self.locations[location as usize];
        scope(&self.strings, name, target, file, line)
    }
}

/// Tables are as long as the block has dependencies, which are far fewer than 2^31.
#[inline]
fn found(index: Option<u32>) -> Result<i32, LossReason> {
    index.map(|index| index as i32).ok_or(LossReason::MissingDependency)
}

/// A scope with its hash.
pub(super) fn scope(strings: &TextColumn, name: i32, target: i32, file: i32, line: u32) -> Scope {
    let hash = scopes::hash(strings, name, target, file, line);
    Scope { name, target, file, line, hash }
}
