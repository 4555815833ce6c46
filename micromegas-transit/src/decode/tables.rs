//! The dependencies of a block, resolved into dense tables.

use super::columns::{PropertySets, Scope, StringTable};
use super::dependency_records::DependencyRecords;
use super::descriptors::{
    Descriptor, DescriptorTable, LogDescriptor, MetricDescriptor, SpanLocation,
};
use super::id_map::IdMap;
use super::losses::{LossReason, Losses};

/// Everything that the events of a block may refer to. Each kind of dependency has ids of its own.
#[derive(Debug)]
pub(super) struct Tables<'p> {
    pub(super) records: DependencyRecords<'p>,
    /// Whether descriptors are read where they lie: the dependencies are too many for rows.
    pub(super) are_in_place: bool,
    pub(super) strings: StringTable,
    pub(super) string_ids: IdMap,
    pub(super) property_sets: PropertySets,
    pub(super) override_names: OverrideNames,
    pub(super) property_set_ids: IdMap,
    pub(super) log_descriptors: DescriptorTable<LogDescriptor>,
    pub(super) metric_descriptors: DescriptorTable<MetricDescriptor>,
    /// The scopes of span descriptors.
    pub(super) scopes: DescriptorTable<Scope>,
    pub(super) locations: DescriptorTable<SpanLocation>,
    /// From the ids of a client's own dependencies to their positions.
    pub(super) custom_ids: IdMap,
    pub(super) losses: Losses,
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

impl Tables<'_> {
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

    /// The descriptor with this id.
    #[inline]
    pub(super) fn descriptor<T: Descriptor>(&self, id: u64) -> Result<T, LossReason> {
        let table = T::table(self);
        let index = found(table.ids.get(id))?;
        match table.rows.get(index as usize) {
            Some(row) => Ok(*row),
            None => self.read_in_place(index as u32),
        }
    }

    #[cold]
    fn read_in_place<T: Descriptor>(&self, position: u32) -> Result<T, LossReason> {
        let (type_index, record) =
            self.records.at(position).ok_or(LossReason::MissingDependency)?;
        T::read(self, &self.strings, self.records.plan.dependencies[type_index], record)
    }

    /// Where the struct with this id lies; of several kinds, the first.
    pub(super) fn position(&self, id: u64) -> Option<u32> {
        let positions = [
            self.custom_ids.get(id),
            self.log_descriptors.position(id),
            self.metric_descriptors.position(id),
            self.scopes.position(id),
            self.locations.position(id),
        ];
        positions.into_iter().flatten().min()
    }
}

/// Tables are as long as the block has dependencies, which are far fewer than 2^31.
#[inline]
fn found(index: Option<u32>) -> Result<i32, LossReason> {
    index.map(|index| index as i32).ok_or(LossReason::MissingDependency)
}
