//! Deriving columns: which events, which members, what their references stand for.

use super::Decoded;
use super::derived::{
    ColumnValues, EventColumn, EventColumns, Positions, mark_absent, scalar_column,
};
use super::event_plan::EventPlan;
use super::event_types::EventKind;
use super::fields::u64_at;
use super::losses::{LossReason, Losses};
use super::open::OpenBlock;
use super::records::Record;
use super::referents::Referents;
use super::shapes::{Leaf, LeafValue};

/// Greatest size of one value and its mark of presence.
const VALUE_BYTES: usize = 8 + 1;

/// Greatest size of the values of one row.
fn row_bytes(column_count: usize) -> usize {
    column_count.max(1) * VALUE_BYTES
}

/// The events of a type. Their records lie inside the block's objects as a whole, and members
/// inside the records.
#[derive(Default)]
struct Rows {
    /// Index of each event.
    records: Vec<u32>,
    /// Where its payload begins in the block's objects, behind the type index.
    positions: Vec<u32>,
}

impl Rows {
    fn len(&self) -> usize {
        self.records.len()
    }

    /// Index and offset of each record, for counting losses.
    fn places(&self) -> impl Iterator<Item = (u32, usize)> {
        self.records.iter().zip(&self.positions).map(|(record, at)| (*record, *at as usize - 1))
    }
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
    /// Decodes all events of types that nobody here knows by name, in one pass: columns for each
    /// type that has events in the block, in the order of type indices.
    ///
    /// What [`event_columns`](Self::event_columns) says holds here as well.
    pub fn custom_events(&self) -> Decoded<Vec<EventColumns>> {
        let is_wanted = |plan: &EventPlan| matches!(plan, EventPlan::Unknown | EventPlan::Other);
        if let Some(record_count) = self.record_count_without(is_wanted) {
            return Decoded { columns: Vec::new(), record_count, losses: Losses::default() };
        }
        let mut wanted = [Wanted::No; 256];
        for event in self.plan.event_types() {
            wanted[usize::from(event.type_index)] = match event.kind {
                EventKind::Custom => Wanted::Rows,
                EventKind::CustomDynamic => Wanted::Loss,
                _ => Wanted::No,
            };
        }
        let mut decoded = self.derive_columns(&wanted);
        decoded.columns.retain(|columns| !columns.record.is_empty());
        decoded
    }

    /// Decodes the events of one type, known or not, by the members that its layout lists.
    /// [`StreamPlan::event_types`](crate::StreamPlan::event_types) lists the types.
    ///
    /// Types whose records carry their size have no columns: their events are counted as unknown.
    /// A reference to what the block does not define costs the value only, and is counted unless
    /// the id is 0.
    pub fn event_columns(&self, type_index: u8) -> Decoded<EventColumns> {
        let shape = self.plan.event_shapes.get(type_index.into());
        let mut wanted = [Wanted::No; 256];
        wanted[usize::from(type_index)] = match shape {
            Some(shape) if shape.size > 0 => Wanted::Rows,
            _ => Wanted::Loss,
        };
        let Decoded { mut columns, record_count, losses } = self.derive_columns(&wanted);
        let columns = columns.pop().unwrap_or_else(|| EventColumns {
            type_name: shape.map(|shape| shape.name.clone()).unwrap_or_default(),
            ..EventColumns::default()
        });
        Decoded { columns, record_count, losses }
    }

    /// Columns for each type whose records become rows, in the order of type indices.
    fn derive_columns(&self, wanted: &[Wanted; 256]) -> Decoded<Vec<EventColumns>> {
        let mut losses = Losses::default();
        let mut rows_by_type: Vec<Rows> = wanted.iter().map(|_| Rows::default()).collect();
        let mut records = self.records();
        while let Some(next) = records.next_record() {
            match next {
                Ok(Record { type_index, index: record, offset, .. }) => {
                    let type_index = usize::from(type_index);
                    match (wanted[type_index], u32::try_from(offset + 1)) {
                        (Wanted::No, _) => {}
                        (Wanted::Rows, Ok(position)) => {
                            rows_by_type[type_index].records.push(record);
                            rows_by_type[type_index].positions.push(position);
                        }
                        (Wanted::Rows, Err(_)) => {
                            losses.add(LossReason::DerivedLimitExceeded, record, offset);
                        }
                        (Wanted::Loss, _) => losses.add(LossReason::UnknownType, record, offset),
                    }
                }
                Err(stop) => losses.add(stop.reason, stop.index, stop.offset),
            }
        }
        let mut derivation = Derivation {
            block: self,
            referents: Referents::of(self),
            rows: Rows::default(),
            columns: Vec::new(),
            budget: self.limits.derived_bytes,
            losses,
        };
        let mut types = Vec::new();
        for (type_index, rows) in rows_by_type.into_iter().enumerate() {
            if wanted[type_index] == Wanted::Rows {
                types.push(derivation.columns_of(type_index, rows));
            }
        }
        Decoded { columns: types, record_count: records.count(), losses: derivation.losses }
    }
}

/// What is to be done with the records of a type.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    No,
    /// They become rows.
    Rows,
    /// They are counted as lost.
    Loss,
}

/// The columns of one type while they are made.
struct Derivation<'b> {
    block: &'b OpenBlock<'b>,
    referents: Referents<'b>,
    rows: Rows,
    columns: Vec<EventColumn>,
    /// Bytes that columns may still take.
    budget: usize,
    losses: Losses,
}

impl<'b> Derivation<'b> {
    fn columns_of(&mut self, type_index: usize, rows: Rows) -> EventColumns {
        let shape = self.block.plan.event_shapes.get(type_index);
        self.rows = rows;
        let leaves = self.block.plan.event_shapes.leaves(type_index);
        self.keep_rows(leaves.len());
        let kinds = self.resolve_kinds(&leaves);
        let widths = kinds.iter().map(|(kind, inner)| match kind {
            Some(TargetKind::Object(_)) => inner.len(),
            _ => 1,
        });
        let column_count = widths.sum();
        self.keep_rows(column_count);
        self.budget -= self.rows.len() * row_bytes(column_count);
        for (leaf, (kind, inner)) in leaves.iter().zip(kinds) {
            self.push_leaf(leaf, kind, &inner);
        }
        EventColumns {
            type_name: shape.map(|shape| shape.name.clone()).unwrap_or_default(),
            record: std::mem::take(&mut self.rows.records),
            columns: std::mem::take(&mut self.columns),
        }
    }

    /// Gives up rows that would make this many columns too large.
    fn keep_rows(&mut self, column_count: usize) {
        let max_count = self.budget / row_bytes(column_count);
        for (record, offset) in self.rows.places().skip(max_count) {
            self.losses.add(LossReason::DerivedLimitExceeded, record, offset);
        }
        self.rows.records.truncate(max_count);
        self.rows.positions.truncate(max_count);
    }

    fn target(&self, id: u64) -> Option<Target> {
        let tables = &self.block.tables;
        if let Ok(string) = tables.string(id) {
            return Some(Target::Text(string));
        }
        if let Ok(set) = tables.property_set(id) {
            return Some(Target::Properties(set));
        }
        self.referents.find(id).map(Target::Object)
    }

    fn kind(&self, target: Target) -> Option<TargetKind> {
        Some(match target {
            Target::Text(_) => TargetKind::Text,
            Target::Properties(_) => TargetKind::Properties,
            Target::Object(position) => {
                TargetKind::Object(self.referents.get(position)?.type_index)
            }
        })
    }

    /// For each leaf, what its references stand for, and the leaves of that type if it is a struct.
    fn resolve_kinds(&mut self, leaves: &[Leaf]) -> Vec<(Option<TargetKind>, Vec<Leaf>)> {
        let max_columns = self.block.limits.members_per_record as usize;
        let mut room = max_columns.saturating_sub(leaves.len());
        let mut kinds = Vec::with_capacity(leaves.len());
        for leaf in leaves {
            let kind = self.first_kind(leaf.value);
            let mut inner = Vec::new();
            if let Some(TargetKind::Object(type_index)) = kind {
                if room > 0 {
                    inner = self.block.plan.dependency_shapes.leaves(type_index);
                    inner.retain(|leaf| leaf.name != "id");
                }
                if room == 0 || inner.len() > room {
                    inner.truncate(room);
                    self.lose_columns();
                }
                room -= inner.len();
            }
            kinds.push((kind, inner));
        }
        kinds
    }

    /// What the first defined id of a member stands for.
    fn first_kind(&self, value: LeafValue) -> Option<TargetKind> {
        let LeafValue::Reference(offset) = value else { return None };
        let id = |position: &u32| u64_at(self.block.object_bytes(), *position as usize + offset);
        self.rows.positions.iter().find_map(|position| self.kind(self.target(id(position)?)?))
    }

    /// Counts columns that there is no room for, once a member.
    fn lose_columns(&mut self) {
        if let Some((record, offset)) = self.rows.places().next() {
            self.losses.add(LossReason::DerivedLimitExceeded, record, offset);
        }
    }

    /// Adds the column or columns of a leaf.
    fn push_leaf(&mut self, leaf: &Leaf, kind: Option<TargetKind>, inner: &[Leaf]) {
        let offset = match leaf.value {
            LeafValue::Scalar(scalar, offset) => {
                let positions = Positions::Dense(&self.rows.positions, offset);
                let column =
                    scalar_column(&leaf.name, scalar, self.block.object_bytes(), &positions);
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
        let position = |target: &Option<Target>| match target {
            Some(Target::Object(position)) => Some(*position as usize),
            _ => None,
        };
        let positions: Vec<_> = targets.iter().map(position).collect();
        for inner in inner {
            let name = format!("{}.{}", leaf.name, inner.name);
            let column = match inner.value {
                LeafValue::Scalar(scalar, offset) => {
                    let positions = Positions::Sparse(&positions, offset);
                    scalar_column(&name, scalar, &self.block.dependencies, &positions)
                }
                LeafValue::Reference(offset) => self.inner_column(&name, offset, &positions),
            };
            self.columns.push(column);
        }
    }

    /// What the rows' references stand for. Undefined ones, and those of another kind than the
    /// column's, are counted.
    fn targets(&mut self, offset: usize, kind: Option<TargetKind>) -> Vec<Option<Target>> {
        let mut targets = Vec::with_capacity(self.rows.len());
        for (record, at) in self.rows.places() {
            let id = u64_at(self.block.object_bytes(), at + 1 + offset).unwrap_or(0);
            let target = self.target(id).filter(|target| self.kind(*target) == kind);
            if target.is_none() && id != 0 {
                self.losses.add(LossReason::MissingDependency, record, at);
            }
            targets.push(target);
        }
        targets
    }

    /// A column of what a member of dependencies refers to: texts or property sets.
    fn inner_column(
        &mut self,
        name: &str,
        offset: usize,
        positions: &[Option<usize>],
    ) -> EventColumn {
        let bytes = &self.block.dependencies;
        let mut targets = Vec::with_capacity(positions.len());
        let mut first = None;
        for ((record, at), position) in self.rows.places().zip(positions) {
            let id = position.and_then(|position| u64_at(bytes, position + offset)).unwrap_or(0);
            let target = self.target(id);
            if target.is_none() && id != 0 {
                self.losses.add(LossReason::MissingDependency, record, at);
            }
            let target = target.filter(|target| !matches!(target, Target::Object(_)));
            first = first.or_else(|| self.kind(target?));
            targets.push(target.filter(|target| self.kind(*target) == first));
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
    let (indices, present) = mark_absent(targets.iter().map(index));
    EventColumn { name: name.to_owned(), values: values(indices), present }
}
