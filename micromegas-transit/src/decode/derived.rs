//! Columns derived from the reflection of a type that nobody here knows by name.

use super::Decoded;
use super::fields::{Scalar, i64_at, u16_at, u32_at, u64_at};
use super::losses::{LossReason, Losses};
use super::objects::Objects;
use super::open::OpenBlock;
use super::shapes::{Leaf, LeafValue};

/// The events of one type, as columns that its reflection tells.
///
/// Integers are widened to 64 bits, floats too. A member of another type gives a column for each of
/// that type's members, called `member.inner`. A reference gives one column of texts or of property
/// sets, or, when it refers to a struct among the dependencies, a column for each of that struct's
/// members but its `id`; which of these, the first event tells whose reference is defined. Members
/// whose type cannot be read give no column.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct EventColumns {
    /// Name of the type.
    pub type_name: String,
    /// Index of the event in its block.
    pub record: Vec<u32>,
    /// The columns, each as long as `record`.
    pub columns: Vec<EventColumn>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct EventColumn {
    /// Name of the member; dots lead into nested types and dependencies.
    pub name: String,
    /// The values; those that are not there are 0 or `false`.
    pub values: ColumnValues,
    /// Whether a row has a value; empty when all have one.
    pub present: Vec<bool>,
}

/// The values of a column.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ColumnValues {
    /// Integers without sign.
    Unsigned(Vec<u64>),
    /// Integers with sign.
    Signed(Vec<i64>),
    /// Floating-point numbers.
    Float(Vec<f64>),
    /// Truth values.
    Bool(Vec<bool>),
    /// Texts: indices into the block's strings.
    Text(Vec<i32>),
    /// Property sets: indices into the block's sets.
    Properties(Vec<i32>),
}

impl EventColumns {
    /// The first column called `name`.
    pub fn get(&self, name: &str) -> Option<&EventColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// Greatest size of one value and its mark of presence.
const VALUE_BYTES: usize = 8 + 1;

/// An event of the wanted type.
#[derive(Clone, Copy)]
struct Row<'a> {
    record: u32,
    offset: usize,
    payload: &'a [u8],
}

/// What an id stands for.
#[derive(Clone, Copy)]
enum Target {
    Text(i32),
    Properties(i32),
    /// A place among the block's objects.
    Object(u32),
}

/// What all ids of a column stand for, decided by the first that is defined.
#[derive(Clone, Copy, PartialEq)]
enum TargetKind {
    Text,
    Properties,
    /// Dependencies of the type with this index.
    Object(usize),
}

impl OpenBlock<'_> {
    /// Decodes the events of one type, known or not, by the members that its layout lists.
    /// [`StreamPlan::event_types`](crate::StreamPlan::event_types) lists the types.
    ///
    /// Types whose records carry their size have no columns: their events are counted as unknown.
    /// A reference to what the block does not define costs the value only, and is counted unless
    /// the id is 0.
    pub fn event_columns(&self, type_index: u8) -> Decoded<EventColumns> {
        let mut derivation = Derivation {
            block: self,
            objects: Objects::of(self),
            rows: Vec::new(),
            columns: Vec::new(),
            losses: Losses::default(),
        };
        let record_count = derivation.collect_rows(type_index);
        let leaves = self.plan.event_shapes.leaves(type_index.into());
        derivation.keep_rows(leaves.len());
        let kinds = derivation.resolve_kinds(&leaves);
        let widths = kinds.iter().map(|(kind, inner)| match kind {
            Some(TargetKind::Object(_)) => inner.len(),
            _ => 1,
        });
        derivation.keep_rows(widths.sum());
        for (leaf, (kind, inner)) in leaves.iter().zip(kinds) {
            derivation.push_leaf(leaf, kind, &inner);
        }
        let shape = self.plan.event_shapes.get(type_index.into());
        let columns = EventColumns {
            type_name: shape.map(|shape| shape.name.clone()).unwrap_or_default(),
            record: derivation.rows.iter().map(|row| row.record).collect(),
            columns: derivation.columns,
        };
        Decoded { columns, record_count, losses: derivation.losses }
    }
}

struct Derivation<'b> {
    block: &'b OpenBlock<'b>,
    objects: Objects<'b>,
    rows: Vec<Row<'b>>,
    columns: Vec<EventColumn>,
    losses: Losses,
}

impl<'b> Derivation<'b> {
    /// Finds the events, and gives the number of records of all types.
    fn collect_rows(&mut self, type_index: u8) -> u32 {
        let shape = self.block.plan.event_shapes.get(type_index.into());
        let is_struct = shape.is_some_and(|shape| shape.size > 0);
        let mut records = self.block.records();
        while let Some(next) = records.next_record() {
            match next {
                Ok(record) if record.type_index != type_index => {}
                Ok(record) if is_struct => self.rows.push(Row {
                    record: record.index,
                    offset: record.offset,
                    payload: record.payload,
                }),
                Ok(record) => {
                    self.losses.add(LossReason::UnknownType, record.index, record.offset);
                }
                Err(stop) => self.losses.add(stop.reason, stop.index, stop.offset),
            }
        }
        records.count()
    }

    /// Gives up rows that would make this many columns too large.
    fn keep_rows(&mut self, column_count: usize) {
        let row_bytes = column_count.max(1) * VALUE_BYTES;
        let max_count = self.block.limits.derived_bytes / row_bytes;
        for row in self.rows.drain(max_count.min(self.rows.len())..) {
            self.losses.add(LossReason::DerivedLimitExceeded, row.record, row.offset);
        }
    }

    fn target(&self, id: u64) -> Option<Target> {
        let tables = &self.block.tables;
        if let Ok(string) = tables.string(id) {
            return Some(Target::Text(string));
        }
        if let Ok(set) = tables.property_set(id) {
            return Some(Target::Properties(set));
        }
        self.objects.find(id).map(Target::Object)
    }

    fn kind(&self, target: Target) -> Option<TargetKind> {
        Some(match target {
            Target::Text(_) => TargetKind::Text,
            Target::Properties(_) => TargetKind::Properties,
            Target::Object(index) => TargetKind::Object(self.objects.get(index)?.type_index),
        })
    }

    /// For each leaf, what its references stand for, and the leaves of that type if it is a struct.
    fn resolve_kinds(&self, leaves: &[Leaf]) -> Vec<(Option<TargetKind>, Vec<Leaf>)> {
        let resolve = |leaf: &Leaf| {
            let LeafValue::Reference(offset) = leaf.value else {
                return (None, Vec::new());
            };
            let kind = self.rows.iter().find_map(|row| {
                let target = self.target(u64_at(row.payload, offset)?)?;
                self.kind(target)
            });
            let inner = match kind {
                Some(TargetKind::Object(type_index)) => {
                    let mut inner = self.block.plan.dependency_shapes.leaves(type_index);
                    inner.retain(|leaf| leaf.name != "id");
                    inner
                }
                _ => Vec::new(),
            };
            (kind, inner)
        };
        leaves.iter().map(resolve).collect()
    }

    /// Adds the column or columns of a leaf.
    fn push_leaf(&mut self, leaf: &Leaf, kind: Option<TargetKind>, inner: &[Leaf]) {
        let payloads = self.rows.iter().map(|row| Some(row.payload));
        let offset = match leaf.value {
            LeafValue::Scalar(scalar, offset) => {
                let column = scalar_column(&leaf.name, scalar, offset, payloads);
                self.columns.push(column);
                return;
            }
            LeafValue::Reference(offset) => offset,
        };
        let targets = self.targets(offset, kind);
        let Some(TargetKind::Object(_)) = kind else {
            let is_set = kind == Some(TargetKind::Properties);
            self.columns.push(index_column(&leaf.name, is_set, &targets));
            return;
        };
        let objects: Vec<Option<&[u8]>> = targets
            .iter()
            .map(|target| match target {
                Some(Target::Object(index)) => {
                    self.objects.get(*index).map(|object| object.payload)
                }
                _ => None,
            })
            .collect();
        for inner in inner {
            let name = format!("{}.{}", leaf.name, inner.name);
            let column = match inner.value {
                LeafValue::Scalar(scalar, offset) => {
                    scalar_column(&name, scalar, offset, objects.iter().copied())
                }
                LeafValue::Reference(offset) => self.inner_column(&name, offset, &objects),
            };
            self.columns.push(column);
        }
    }

    /// What the rows' references stand for. Undefined ones, and those of another kind than the
    /// column's, are counted.
    fn targets(&mut self, offset: usize, kind: Option<TargetKind>) -> Vec<Option<Target>> {
        let mut targets = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            let id = u64_at(row.payload, offset).unwrap_or(0);
            let target = self.target(id).filter(|target| self.kind(*target) == kind);
            if target.is_none() && id != 0 {
                self.losses.add(LossReason::MissingDependency, row.record, row.offset);
            }
            targets.push(target);
        }
        targets
    }

    /// A column of what a member of dependencies refers to: texts or property sets.
    fn inner_column(&self, name: &str, offset: usize, objects: &[Option<&[u8]>]) -> EventColumn {
        let resolve = |payload: &Option<&[u8]>| {
            let target = self.target(u64_at((*payload)?, offset)?)?;
            if let Target::Object(_) = target { None } else { Some(target) }
        };
        let mut targets: Vec<_> = objects.iter().map(resolve).collect();
        let first = targets.iter().flatten().next().and_then(|target| self.kind(*target));
        for target in &mut targets {
            *target = target.filter(|target| self.kind(*target) == first);
        }
        index_column(name, first == Some(TargetKind::Properties), &targets)
    }
}

/// A column of indices into the block's strings or sets.
fn index_column(name: &str, is_set: bool, targets: &[Option<Target>]) -> EventColumn {
    let index = |target: &Option<Target>| match target {
        Some(Target::Text(index) | Target::Properties(index)) => Some(*index),
        _ => None,
    };
    let values: fn(Vec<i32>) -> ColumnValues =
        if is_set { ColumnValues::Properties } else { ColumnValues::Text };
    column(name, targets.iter().map(index), values)
}

/// A column of numbers, read from the same place of each payload.
fn scalar_column<'a>(
    name: &str,
    scalar: Scalar,
    offset: usize,
    payloads: impl Iterator<Item = Option<&'a [u8]>>,
) -> EventColumn {
    use ColumnValues::{Bool, Float, Signed, Unsigned};
    macro_rules! gather {
        ($values:expr, $read:expr) => {{
            let read = $read;
            column(name, payloads.map(|payload| payload.and_then(&read)), $values)
        }};
    }
    let byte = |p: &[u8]| p.get(offset).copied();
    match scalar {
        Scalar::Bool => gather!(Bool, |p: &[u8]| byte(p).map(|value| value != 0)),
        Scalar::U8 => gather!(Unsigned, |p: &[u8]| byte(p).map(u64::from)),
        Scalar::U16 => gather!(Unsigned, |p: &[u8]| u16_at(p, offset).map(u64::from)),
        Scalar::U32 => gather!(Unsigned, |p: &[u8]| u32_at(p, offset).map(u64::from)),
        Scalar::U64 => gather!(Unsigned, |p: &[u8]| u64_at(p, offset)),
        Scalar::I8 => gather!(Signed, |p: &[u8]| byte(p).map(|v| v.cast_signed().into())),
        Scalar::I16 => {
            gather!(Signed, |p: &[u8]| u16_at(p, offset).map(|v| v.cast_signed().into()))
        }
        Scalar::I32 => {
            gather!(Signed, |p: &[u8]| u32_at(p, offset).map(|v| v.cast_signed().into()))
        }
        Scalar::I64 => gather!(Signed, |p: &[u8]| i64_at(p, offset)),
        Scalar::F32 => {
            gather!(Float, |p: &[u8]| u32_at(p, offset).map(|v| f32::from_bits(v).into()))
        }
        Scalar::F64 => gather!(Float, |p: &[u8]| u64_at(p, offset).map(f64::from_bits)),
    }
}

/// A column of values that may be absent.
fn column<T: Default>(
    name: &str,
    rows: impl Iterator<Item = Option<T>>,
    values: impl FnOnce(Vec<T>) -> ColumnValues,
) -> EventColumn {
    let mut list = Vec::with_capacity(rows.size_hint().0);
    let mut present = Vec::new();
    for row in rows {
        match row {
            Some(value) => {
                if !present.is_empty() {
                    present.push(true);
                }
                list.push(value);
            }
            None => {
                present.resize(list.len(), true);
                present.push(false);
                list.push(T::default());
            }
        }
    }
    EventColumn { name: name.to_owned(), values: values(list), present }
}
