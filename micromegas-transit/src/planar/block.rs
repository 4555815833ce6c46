//! A planar buffer, opened: checked as a whole, so that reading it cannot fail any more.

use std::ops::Range;

use bytes::Bytes;

use super::carried::CarriedSpan;
use super::codec::Decompressor;
use super::header::{Group, Header, Member, PlaneSource, PresentType, Values};
use super::preamble::{self, PREAMBLE_BYTES};
use super::values::ValueReader;
use crate::{Error, Limits, Result};

/// How many values are worked on at a time: few enough for the first-level cache.
pub(super) const CHUNK: usize = 1024;

/// A planar buffer whose runs can be read.
#[derive(Debug)]
pub(crate) struct PlanarBlock {
    payload: Bytes,
    pub(crate) header: Header,
    /// What was compressed, decompressed.
    buffer: Vec<u8>,
    runs: Vec<Run>,
}

/// Where the bytes of a run are: what was not compressed is read where it lies.
#[derive(Debug, Clone)]
enum Run {
    Payload(Range<usize>),
    Buffer(Range<usize>),
}

impl PlanarBlock {
    /// Checks and decompresses; `buffer` is memory to use.
    pub(crate) fn open(payload: &Bytes, limits: &Limits, mut buffer: Vec<u8>) -> Result<Self> {
        let (codec, header_bytes) = preamble::read(payload)?;
        let body_begin = PREAMBLE_BYTES + header_bytes;
        let header = &payload[PREAMBLE_BYTES..body_begin];
        let (header, run_sizes) = Header::read(header, codec, payload.len() - body_begin, limits)?;
        let runs = decompress(payload, body_begin, &header, &run_sizes, &mut buffer)?;
        let block = Self { payload: payload.clone(), header, buffer, runs };
        block.check_types()?;
        block.check_sizes()?;
        Ok(block)
    }

    /// The memory, to be used again.
    pub(crate) fn into_buffer(self) -> Vec<u8> {
        self.buffer
    }

    /// The stack of open spans at the first record, outermost first, if it is known. It is not kept.
    pub(crate) fn take_carried(&mut self) -> Option<Vec<CarriedSpan>> {
        self.header.carried.take()
    }

    fn run(&self, number: usize) -> &[u8] {
        match &self.runs[number] {
            Run::Payload(range) => &self.payload[range.clone()],
            Run::Buffer(range) => &self.buffer[range.clone()],
        }
    }

    /// The bytes of a plane, or the one that they all equal.
    fn plane(&self, source: PlaneSource) -> std::result::Result<&[u8], u8> {
        match source {
            PlaneSource::Constant(byte) => Err(byte),
            PlaneSource::Run(number) => Ok(self.run(number)),
        }
    }

    /// The type index of each record, or the one that they all have.
    pub(crate) fn type_plane(&self) -> std::result::Result<&[u8], u8> {
        self.plane(self.header.type_plane)
    }

    /// Whether bytes follow the last record.
    pub(crate) fn has_tail(&self) -> bool {
        self.header.extent.tail_bytes > 0
    }

    /// The group of values of this width that the type of this slot has at this offset.
    pub(crate) fn group_of(&self, slot: usize, offset: usize, bytes: usize) -> Option<usize> {
        let wanted = Member { slot, offset };
        let is_it =
            |group: &Group| group.values.width.bytes() == bytes && group.members.contains(&wanted);
        self.header.groups.iter().position(is_it)
    }

    /// The values of a group.
    pub(crate) fn values(&self, group: usize) -> ValueReader<'_> {
        self.reader(&self.header.groups[group].values)
    }

    /// The sizes of the dynamic records.
    pub(super) fn sizes(&self) -> Option<ValueReader<'_>> {
        self.header.sizes.as_ref().map(|values| self.reader(values))
    }

    fn reader(&self, values: &Values) -> ValueReader<'_> {
        ValueReader::new(values, |source| self.plane(source))
    }

    /// The bytes that no member covers, and those behind the last record.
    pub(super) fn rest_and_tail(&self) -> (&[u8], &[u8]) {
        let extent = &self.header.extent;
        let mut from_end = self.runs.len();
        let mut take = |bytes: usize| {
            if bytes == 0 {
                return &[][..];
            }
            from_end -= 1;
            self.run(from_end)
        };
        let tail = take(extent.tail_bytes);
        (take(extent.rest_bytes), tail)
    }

    /// Each type occurs as often as the header says, and no other one.
    fn check_types(&self) -> Result<()> {
        let types = &self.header.types;
        let counts = match self.type_plane() {
            Ok(plane) => count_types(plane, types),
            Err(constant) => {
                let mut counts = [0; 256];
                counts[usize::from(constant)] = self.header.record_count;
                counts
            }
        };
        // The counts sum to the number of records, so equal counts leave no room for other types.
        if types.iter().any(|own| counts[usize::from(own.index)] != own.count) {
            let reason = "types do not occur as often as the header says";
            return Err(Error::InvalidPlanar { offset: PREAMBLE_BYTES, reason });
        }
        Ok(())
    }

    /// The dynamic records have the bytes that their sizes say, and at least those of their
    /// members.
    fn check_sizes(&self) -> Result<()> {
        let Some(mut sizes) = self.sizes() else { return Ok(()) };
        let invalid = |reason| Err(Error::InvalidPlanar { offset: PREAMBLE_BYTES, reason });
        let header = &self.header;
        let mut least = [None; 256];
        for (present, shape) in header.types.iter().zip(&header.shapes) {
            if present.size == 0 {
                least[usize::from(present.index)] = Some(shape.covered_end as u64);
            }
        }
        let (mut chunk, mut used, mut total) = ([0; CHUNK], CHUNK, 0_u64);
        let plane = self.type_plane();
        for record in 0..header.record_count as usize {
            let type_index = plane.map_or_else(|constant| constant, |plane| plane[record]);
            let Some(least) = least[usize::from(type_index)] else { continue };
            if used == CHUNK {
                sizes.read(&mut chunk);
                used = 0;
            }
            if chunk[used] < least {
                return invalid("a record is shorter than its members");
            }
            total += chunk[used];
            used += 1;
        }
        if total != header.extent.dynamic_bytes {
            return invalid("the records' sizes do not sum to their bytes");
        }
        Ok(())
    }
}

/// With more types than this, one slow pass over the type plane costs less than one fast pass for
/// each of them.
const FAST_PASSES_MAX: usize = 8;

/// How many bytes are counted in bytes: few enough for one, and a whole number of vectors.
const COUNTED_TOGETHER: usize = 224;

/// How often each of these types is in the plane; there are fewer than 2^32 records.
fn count_types(plane: &[u8], types: &[PresentType]) -> [u32; 256] {
    let mut counts = [0; 256];
    if types.len() <= FAST_PASSES_MAX {
        for PresentType { index, .. } in types {
            let count_in =
                |piece: &[u8]| piece.iter().map(|own| u8::from(own == index)).sum::<u8>();
            let pieces = plane.chunks(COUNTED_TOGETHER);
            counts[usize::from(*index)] = pieces.map(|piece| u32::from(count_in(piece))).sum();
        }
    } else {
        for index in plane {
            counts[usize::from(*index)] += 1;
        }
    }
    counts
}

/// Decompresses the sections and finds the runs in them.
fn decompress(
    payload: &[u8],
    body_begin: usize,
    header: &Header,
    run_sizes: &[usize],
    buffer: &mut Vec<u8>,
) -> Result<Vec<Run>> {
    let coded = header.sections.iter().filter(|section| section.coded_bytes.is_some());
    let buffer_bytes = coded.map(|section| section.raw_bytes).sum();
    resize_for_overwrite(buffer, buffer_bytes);
    let mut decompressor = Decompressor::new(header.codec)?;
    let mut runs = Vec::with_capacity(run_sizes.len());
    let (mut position, mut filled, mut sizes) = (body_begin, 0, run_sizes);
    for section in &header.sections {
        let (own, others) = sizes.split_at(section.run_count);
        sizes = others;
        let mut begin = match section.coded_bytes {
            None => position,
            Some(coded_bytes) => {
                let coded = &payload[position..position + coded_bytes];
                let room = &mut buffer[filled..filled + section.raw_bytes];
                if !decompressor.decompress(coded, room) {
                    let reason = "a section does not decompress to its size";
                    return Err(Error::InvalidPlanar { offset: position, reason });
                }
                filled
            }
        };
        for size in own {
            let range = begin..begin + size;
            begin = range.end;
            runs.push(match section.coded_bytes {
                None => Run::Payload(range),
                Some(_) => Run::Buffer(range),
            });
        }
        position += section.coded_bytes.unwrap_or(section.raw_bytes);
        if section.coded_bytes.is_some() {
            filled += section.raw_bytes;
        }
    }
    Ok(runs)
}

/// Gives a buffer a length; memory that is there already is not touched.
fn resize_for_overwrite(buffer: &mut Vec<u8>, size: usize) {
    if buffer.capacity() < size {
        *buffer = vec![0; size];
    } else {
        buffer.resize(size, 0);
    }
}
