//! The records of a kind, with the values that a decoder wants of them.

use super::super::event_plan::EventPlan;
use super::super::id_map::IdMap;
use super::super::open::OpenBlock;
use super::CHUNK;
use super::ids::{Descriptors, MISSING};
use super::supply::Supply;
use crate::planar::{PlanarBlock, PresentType, ValueReader};

/// Where a value lies in a record.
#[derive(Clone, Copy)]
pub(super) struct Place {
    offset: usize,
    bytes: usize,
}

impl Place {
    /// Eight bytes at an offset.
    pub(super) fn word(offset: usize) -> Self {
        Self { offset, bytes: 8 }
    }

    /// Four bytes at an offset.
    pub(super) fn half_word(offset: usize) -> Self {
        Self { offset, bytes: 4 }
    }
}

/// What a decoder does with the records of a type.
pub(super) enum Use<const K: usize> {
    /// Each is a row; the values at these places are wanted, and what the id at the offset stands
    /// for.
    Row([Place; K], usize),
    /// They are of another kind.
    PassOver,
    /// They cannot be read here.
    Rebuild,
}

impl<const K: usize> Use<K> {
    /// The use of types that are not of the decoder's kind.
    pub(super) fn of_other(plan: &EventPlan) -> Self {
        match OpenBlock::pass_over(plan) {
            Ok(()) => Self::PassOver,
            Err(_) => Self::Rebuild,
        }
    }
}

/// Walks over the rows of a block, chunk by chunk.
pub(super) struct Rows<'a, const K: usize> {
    /// The type index of each record, or the one of all.
    types: Result<&'a [u8], u8>,
    /// For each type index: whether its records are rows.
    is_wanted: [bool; 256],
    values: Vec<Supply<ValueReader<'a>>>,
    descriptors: Supply<Descriptors<'a>>,
    /// Whether all records are rows.
    is_pure: bool,
    next_record: u32,
    record_count: u32,
    row_count: usize,
    chunk: Chunk<K>,
}

/// Some rows. The slices of its accessors are equally long.
struct Chunk<const K: usize> {
    records: [u32; CHUNK],
    types: [u8; CHUNK],
    values: [[u64; CHUNK]; K],
    descriptors: [u32; CHUNK],
    len: usize,
}

impl<'a, const K: usize> Rows<'a, K> {
    /// The rows that `usage` asks for, their descriptors looked up in `ids`; none if the block has
    /// to be rebuilt.
    pub(super) fn of(
        block: &'a OpenBlock<'_>,
        planar: &'a PlanarBlock,
        ids: &'a IdMap,
        usage: impl Fn(&EventPlan) -> Use<K>,
    ) -> Option<Self> {
        let header = &planar.header;
        if planar.has_tail() || block.tables.are_in_place {
            return None;
        }
        let mut is_wanted = [false; 256];
        let mut value_groups = [const { Vec::new() }; K];
        let mut id_groups = Vec::new();
        let (mut row_count, mut is_pure) = (0, true);
        for (slot, present) in header.types.iter().enumerate() {
            match usage(plan_of(block, present)?) {
                Use::Rebuild => return None,
                Use::PassOver => is_pure = false,
                Use::Row(wanted, descriptor) => {
                    row_count += present.count as usize;
                    is_wanted[usize::from(present.index)] = true;
                    let places = value_groups.iter_mut().zip(wanted);
                    let descriptor = (&mut id_groups, Place::word(descriptor));
                    for (groups, Place { offset, bytes }) in places.chain([descriptor]) {
                        let own = planar.group_of(slot, offset, bytes)?;
                        if !groups.contains(&own) {
                            groups.push(own);
                        }
                    }
                }
            }
        }
        let mut values = Vec::with_capacity(K);
        for groups in &value_groups {
            values.push(Supply::of(header, groups, |group| planar.values(group))?);
        }
        let descriptors = Supply::of(header, &id_groups, |group| {
            Descriptors::new(planar.values(group), ids, row_count)
        })?;
        Some(Self {
            types: planar.type_plane(),
            is_wanted,
            values,
            descriptors,
            is_pure,
            next_record: 0,
            // Without rows there is nothing to walk over.
            record_count: if row_count == 0 { 0 } else { header.record_count },
            row_count,
            chunk: Chunk {
                records: [0; CHUNK],
                types: [0; CHUNK],
                values: [[0; CHUNK]; K],
                descriptors: [0; CHUNK],
                len: 0,
            },
        })
    }

    /// Number of rows in all.
    pub(super) fn row_count(&self) -> usize {
        self.row_count
    }

    /// Goes on to the next rows; false at the end.
    pub(super) fn advance(&mut self) -> bool {
        let count = (self.record_count - self.next_record).min(CHUNK as u32) as usize;
        if count == 0 {
            return false;
        }
        let begin = self.next_record;
        self.next_record += count as u32;
        let chunk = &mut self.chunk;
        match self.types {
            Ok(plane) => {
                let own = &plane[begin as usize..][..count];
                chunk.types[..count].copy_from_slice(own);
            }
            Err(constant) => chunk.types[..count].fill(constant),
        }
        for (record, own) in (begin..).zip(&mut chunk.records[..count]) {
            *own = record;
        }
        chunk.len = count;
        let types = &chunk.types[..count];
        for (supply, values) in self.values.iter_mut().zip(&mut chunk.values) {
            supply.read(types, &mut values[..count]);
        }
        self.descriptors.read(types, &mut chunk.descriptors[..count]);
        if !self.is_pure {
            chunk.sift(&self.is_wanted);
        }
        true
    }

    /// The index of each row's descriptor; none if one is missing.
    pub(super) fn descriptors(&self) -> Option<&[u32]> {
        let descriptors = &self.chunk.descriptors[..self.chunk.len];
        (!descriptors.contains(&MISSING)).then_some(descriptors)
    }

    /// Index of each row's record in the block.
    pub(super) fn records(&self) -> &[u32] {
        &self.chunk.records[..self.chunk.len]
    }

    /// Type index of each row's record.
    pub(super) fn types(&self) -> &[u8] {
        &self.chunk.types[..self.chunk.len]
    }

    /// The wanted values at one of the offsets.
    pub(super) fn values(&self, place: usize) -> &[u64] {
        &self.chunk.values[place][..self.chunk.len]
    }
}

impl<const K: usize> Chunk<K> {
    /// Keeps the records that are rows.
    fn sift(&mut self, is_wanted: &[bool; 256]) {
        let mut kept = 0;
        for record in 0..self.len {
            let index = self.types[record];
            // What is not wanted is written as well, and overwritten by the next row.
            self.records[kept] = self.records[record];
            self.types[kept] = index;
            for values in &mut self.values {
                values[kept] = values[record];
            }
            self.descriptors[kept] = self.descriptors[record];
            kept += usize::from(is_wanted[usize::from(index)]);
        }
        self.len = kept;
    }
}

impl OpenBlock<'_> {
    /// The number of records of a planar block in which nothing is lost and no record's type is
    /// wanted; none for other blocks. Such a block need not be rebuilt to find nothing.
    pub(in super::super) fn record_count_without(
        &self,
        is_wanted: impl Fn(&EventPlan) -> bool,
    ) -> Option<u32> {
        let planar = self.objects.planes().filter(|planar| !planar.has_tail())?;
        let is_passed_over = |present| {
            let plan = plan_of(self, present).filter(|plan| !is_wanted(plan));
            plan.is_some_and(|plan| Self::pass_over(plan).is_ok())
        };
        planar.header.types.iter().all(is_passed_over).then_some(planar.header.record_count)
    }
}

/// The plan of a type, if the stream's layout has the same size for it as the block.
fn plan_of<'a>(block: &'a OpenBlock<'_>, present: &PresentType) -> Option<&'a EventPlan> {
    let is_same = block.plan.event_extents.of_type(present.index) == Some(present.size);
    block.plan.events.get(usize::from(present.index)).filter(|_| is_same)
}
