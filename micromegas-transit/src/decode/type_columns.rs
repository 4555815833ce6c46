//! The columns of one type, derived from its reflection and from what its references stand for.

use super::derived::{EventColumn, EventColumns};
use super::fields::{Scalar, u64_at};
use super::losses::{LossReason, Losses};
use super::open::OpenBlock;
use super::records::Record;
use super::shapes::{Leaf, LeafValue};

/// How many rows are added to the columns at a time.
const CHUNK: usize = 256;

/// Greatest size of one value and its mark of presence.
const VALUE_BYTES: usize = 8 + 1;

/// Greatest size of the values of one row.
fn row_bytes(column_count: usize) -> usize {
    column_count.max(1) * VALUE_BYTES
}

/// What an id stands for.
#[derive(Clone, Copy)]
enum Target {
    Text(i32),
    Properties(i32),
    /// A place among the block's dependencies, and the type that is there.
    Struct(u32, usize),
}

/// What all ids of a column stand for, decided by the first that is defined.
#[derive(Clone, Copy, PartialEq)]
enum TargetKind {
    Text,
    Properties,
    /// Dependencies of the type with this index.
    Struct(usize),
}

impl Target {
    fn of(block: &OpenBlock<'_>, id: u64) -> Option<Self> {
        let tables = &block.tables;
        if let Ok(string) = tables.string(id) {
            return Some(Self::Text(string));
        }
        if let Ok(set) = tables.property_set(id) {
            return Some(Self::Properties(set));
        }
        let position = tables.position(id)?;
        let (type_index, _) = tables.records.at(position)?;
        Some(Self::Struct(position, type_index))
    }

    fn kind(self) -> TargetKind {
        match self {
            Self::Text(_) => TargetKind::Text,
            Self::Properties(_) => TargetKind::Properties,
            Self::Struct(_, type_index) => TargetKind::Struct(type_index),
        }
    }

    /// The index of a text or of a property set.
    fn index(self) -> Option<i32> {
        match self {
            Self::Text(index) | Self::Properties(index) => Some(index),
            Self::Struct(..) => None,
        }
    }
}

/// What a first pass over a block finds out about the events of a type.
#[derive(Default)]
pub(super) struct Survey {
    count: usize,
    /// Index and offset of the first record.
    first: (u32, usize),
    leaves: Vec<Leaf>,
    /// By leaf; none for numbers, and where no reference is defined.
    kinds: Vec<Option<TargetKind>>,
    /// Leaves whose kind is not known yet.
    undecided: Vec<usize>,
}

impl Survey {
    /// Looks at a record of the type.
    pub(super) fn add(&mut self, block: &OpenBlock<'_>, record: &Record<'_>) {
        if self.count == 0 {
            self.first = (record.index, record.offset);
            self.leaves = block.plan.event_shapes.leaves(record.type_index.into());
            self.kinds = vec![None; self.leaves.len()];
            self.undecided = (0..self.leaves.len()).collect();
        }
        self.count += 1;
        let (leaves, kinds) = (&self.leaves, &mut self.kinds);
        self.undecided.retain(|number| {
            let LeafValue::Reference(offset) = leaves[*number].value else { return false };
            let id = u64_at(record.payload, offset);
            kinds[*number] = id.and_then(|id| Target::of(block, id)).map(Target::kind);
            kinds[*number].is_none()
        });
    }
}

/// Columns while they are made.
pub(super) struct TypeColumns<'b> {
    block: &'b OpenBlock<'b>,
    type_index: usize,
    /// How many rows there is room for.
    row_count: usize,
    record: Vec<u32>,
    members: Vec<MemberColumns>,
    /// Where the payloads of the last records begin in the block's objects: those that are not in
    /// the members' columns yet.
    chunk: Vec<usize>,
}

/// The columns of a member, whose value or reference lies at an offset of each record.
enum MemberColumns {
    Scalar { scalar: Scalar, offset: usize, column: EventColumn },
    Index { offset: usize, kind: Option<TargetKind>, column: EventColumn },
    Struct { offset: usize, kind: TargetKind, inner: Vec<InnerColumn> },
}

/// The column of a member of dependencies.
struct InnerColumn {
    value: LeafValue,
    /// What its references stand for: texts or property sets.
    kind: Option<TargetKind>,
    column: EventColumn,
}

/// Records whose columns are made together.
#[derive(Clone, Copy)]
struct Rows<'a> {
    block: &'a OpenBlock<'a>,
    records: &'a [u32],
    positions: &'a [usize],
}

impl<'b> TypeColumns<'b> {
    /// Columns for the records that a survey counted, or for as many of them as fit into the
    /// budget, of which they take their part.
    pub(super) fn new(
        block: &'b OpenBlock<'b>,
        type_index: usize,
        survey: Survey,
        budget: &mut usize,
        losses: &mut Losses,
    ) -> Self {
        let Survey { count, first, mut leaves, mut kinds, .. } = survey;
        if count == 0 {
            leaves = block.plan.event_shapes.leaves(type_index);
            kinds = vec![None; leaves.len()];
        }
        let mut room = (block.limits.members_per_record as usize).saturating_sub(leaves.len());
        let mut inner_of = |kind: &Option<TargetKind>| {
            let Some(TargetKind::Struct(type_index)) = *kind else { return Vec::new() };
            let mut inner = Vec::new();
            if room > 0 {
                inner = block.plan.dependency_shapes.leaves(type_index);
                inner.retain(|leaf| leaf.name != "id");
            }
            if room == 0 || inner.len() > room {
                inner.truncate(room);
                losses.add(LossReason::DerivedLimitExceeded, first.0, first.1);
            }
            room -= inner.len();
            inner
        };
        let inner: Vec<_> = kinds.iter().map(&mut inner_of).collect();
        let widths = kinds.iter().zip(&inner).map(|(kind, inner)| match kind {
            Some(TargetKind::Struct(_)) => inner.len(),
            _ => 1,
        });
        let column_count = widths.sum::<usize>().max(leaves.len());
        let row_count = count.min(*budget / row_bytes(column_count));
        *budget -= row_count * row_bytes(column_count);
        let members = leaves.into_iter().zip(kinds).zip(inner);
        let members = members
            .map(|((leaf, kind), inner)| MemberColumns::new(leaf, kind, inner, row_count))
            .collect();
        let record = Vec::with_capacity(row_count);
        let chunk = Vec::with_capacity(CHUNK.min(row_count));
        Self { block, type_index, row_count, record, members, chunk }
    }

    /// Adds an event.
    pub(super) fn push(&mut self, record: &Record<'_>, losses: &mut Losses) {
        if self.record.len() == self.row_count {
            losses.add(LossReason::DerivedLimitExceeded, record.index, record.offset);
            return;
        }
        self.record.push(record.index);
        self.chunk.push(record.offset + 1);
        if self.chunk.len() == CHUNK {
            self.add_chunk(losses);
        }
    }

    fn add_chunk(&mut self, losses: &mut Losses) {
        let begin = self.record.len() - self.chunk.len();
        let records = &self.record[begin..];
        let rows = Rows { block: self.block, records, positions: &self.chunk };
        for member in &mut self.members {
            member.extend(rows, losses);
        }
        self.chunk.clear();
    }

    pub(super) fn finish(mut self, losses: &mut Losses) -> EventColumns {
        self.add_chunk(losses);
        let shape = self.block.plan.event_shapes.get(self.type_index);
        EventColumns {
            type_name: shape.map(|shape| shape.name.clone()).unwrap_or_default(),
            record: self.record,
            columns: self.members.into_iter().flat_map(MemberColumns::into_columns).collect(),
        }
    }
}

impl MemberColumns {
    fn new(leaf: Leaf, kind: Option<TargetKind>, inner: Vec<Leaf>, row_count: usize) -> Self {
        let Leaf { name, value } = leaf;
        let offset = match value {
            LeafValue::Scalar(scalar, offset) => {
                let column = EventColumn::of_scalars(name, scalar, row_count);
                return Self::Scalar { scalar, offset, column };
            }
            LeafValue::Reference(offset) => offset,
        };
        if let Some(kind @ TargetKind::Struct(_)) = kind {
            let inner = inner.into_iter().map(|leaf| InnerColumn::new(&name, leaf, row_count));
            return Self::Struct { offset, kind, inner: inner.collect() };
        }
        let mut column = EventColumn::of_texts(name, row_count);
        if kind == Some(TargetKind::Properties) {
            column.become_sets();
        }
        Self::Index { offset, kind, column }
    }

    fn extend(&mut self, rows: Rows<'_>, losses: &mut Losses) {
        match self {
            Self::Scalar { scalar, offset, column } => {
                let places = rows.positions.iter().map(|position| Some(position + *offset));
                column.extend_scalars(*scalar, rows.block.object_bytes(), places);
            }
            Self::Index { offset, kind, column } => {
                let targets = rows.targets(*offset, *kind, losses);
                column.extend_indices(targets.map(|target| target?.index()));
            }
            Self::Struct { offset, kind, inner } => {
                let positions: Vec<_> = rows
                    .targets(*offset, Some(*kind), losses)
                    .map(|target| match target? {
                        Target::Struct(position, _) => Some(position as usize),
                        _ => None,
                    })
                    .collect();
                for own in inner {
                    own.extend(rows, &positions, losses);
                }
            }
        }
    }

    fn into_columns(self) -> Vec<EventColumn> {
        match self {
            Self::Scalar { column, .. } | Self::Index { column, .. } => vec![column],
            Self::Struct { inner, .. } => inner.into_iter().map(|own| own.column).collect(),
        }
    }
}

impl InnerColumn {
    fn new(outer: &str, leaf: Leaf, row_count: usize) -> Self {
        let name = format!("{outer}.{}", leaf.name);
        let column = match leaf.value {
            LeafValue::Scalar(scalar, _) => EventColumn::of_scalars(name, scalar, row_count),
            LeafValue::Reference(_) => EventColumn::of_texts(name, row_count),
        };
        Self { value: leaf.value, kind: None, column }
    }

    /// Adds a value for each row whose dependency has a position.
    fn extend(&mut self, rows: Rows<'_>, positions: &[Option<usize>], losses: &mut Losses) {
        let bytes = &rows.block.tables.records.bytes;
        let offset = match self.value {
            LeafValue::Scalar(scalar, offset) => {
                let places = positions.iter().map(|position| Some((*position)? + offset));
                self.column.extend_scalars(scalar, bytes, places);
                return;
            }
            LeafValue::Reference(offset) => offset,
        };
        for (place, position) in rows.places().zip(positions) {
            let id = position.and_then(|position| u64_at(bytes, position + offset)).unwrap_or(0);
            let target = rows.target(id, place, losses);
            let target = target.filter(|target| !matches!(target, Target::Struct(..)));
            if let (None, Some(target)) = (self.kind, target) {
                self.kind = Some(target.kind());
                if let Target::Properties(_) = target {
                    self.column.become_sets();
                }
            }
            let target = target.filter(|target| Some(target.kind()) == self.kind);
            self.column.extend_indices(std::iter::once(target.and_then(Target::index)));
        }
    }
}

impl<'a> Rows<'a> {
    /// Index and offset of each record, for counting losses.
    fn places(self) -> impl Iterator<Item = (u32, usize)> + 'a {
        self.records.iter().zip(self.positions).map(|(record, at)| (*record, at - 1))
    }

    /// What the rows' references at an offset stand for. Undefined ones, and those of another kind,
    /// are counted.
    fn targets(
        self,
        offset: usize,
        kind: Option<TargetKind>,
        losses: &mut Losses,
    ) -> impl Iterator<Item = Option<Target>> {
        let bytes = self.block.object_bytes();
        self.places().map(move |place| {
            let id = u64_at(bytes, place.1 + 1 + offset).unwrap_or(0);
            let target = Target::of(self.block, id).filter(|target| Some(target.kind()) == kind);
            count_missing(target, id, place, losses)
        })
    }

    /// What an id stands for; an undefined one is counted.
    fn target(self, id: u64, place: (u32, usize), losses: &mut Losses) -> Option<Target> {
        count_missing(Target::of(self.block, id), id, place, losses)
    }
}

/// Counts an id that stands for nothing; 0 is meant to.
fn count_missing(
    target: Option<Target>,
    id: u64,
    (record, offset): (u32, usize),
    losses: &mut Losses,
) -> Option<Target> {
    if target.is_none() && id != 0 {
        losses.add(LossReason::MissingDependency, record, offset);
    }
    target
}
