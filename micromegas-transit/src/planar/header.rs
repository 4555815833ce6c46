//! The header: everything that a decoder must know to rebuild the records.

mod check;
mod read;
mod write;

use super::carried::CarriedSpan;
use super::codec::Codec;
use super::shape::Shape;
use super::transform::{Seed, Transform, Width};

pub(super) use check::Extent;
pub(super) use write::HeaderWriter;

/// What a header says, checked.
#[derive(Debug)]
pub(crate) struct Header {
    pub(super) codec: Codec,
    pub(super) carried: Option<Vec<CarriedSpan>>,
    pub(crate) record_count: u32,
    /// The types that occur, by ascending type index.
    pub(crate) types: Vec<PresentType>,
    /// How the records of each of them are put together.
    pub(super) shapes: Vec<Shape>,
    pub(super) type_plane: PlaneSource,
    pub(crate) groups: Vec<Group>,
    /// The sizes of dynamic records, if there are any.
    pub(super) sizes: Option<Values>,
    pub(super) sections: Vec<Section>,
    pub(super) extent: Extent,
}

/// A type that occurs in the block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PresentType {
    pub(crate) index: u8,
    /// Size of the payload; 0 when each record carries its own.
    pub(crate) size: u32,
    /// How many records are of it: at least one.
    pub(crate) count: u32,
}

/// Values of one name and width, over all types that have them, in record order.
#[derive(Debug)]
pub(crate) struct Group {
    /// By ascending type index; each type is there once.
    pub(crate) members: Vec<Member>,
    pub(super) values: Values,
}

/// Where a type has a group's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Member {
    /// Place of the type among those that occur.
    pub(crate) slot: usize,
    pub(crate) offset: usize,
}

/// How values are stored.
#[derive(Debug, Clone)]
pub(super) struct Values {
    pub(super) width: Width,
    pub(super) transform: Transform,
    pub(super) seed: Seed,
    /// As many as the width has bytes, the lowest first.
    pub(super) planes: Vec<PlaneSource>,
    pub(super) count: usize,
}

/// Where the bytes of a plane come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlaneSource {
    /// All are equal.
    Constant(u8),
    /// They are the run of this number.
    Run(usize),
}

/// Consecutive runs that are compressed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Section {
    /// How many runs.
    pub(super) run_count: usize,
    /// Their size together.
    pub(super) raw_bytes: usize,
    /// Their size as compressed; none when they are stored as they are.
    pub(super) coded_bytes: Option<usize>,
}
