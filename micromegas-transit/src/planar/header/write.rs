//! Writing a header.

use super::super::carried::{self, CarriedSpan};
use super::super::plane::GroupWriter;
use super::super::transform::Transform;
use super::super::varint;

/// Writes the parts of a header in their order.
#[derive(Debug, Default)]
pub(crate) struct HeaderWriter {
    bytes: Vec<u8>,
}

impl HeaderWriter {
    pub(crate) fn carried(&mut self, spans: Option<&[CarriedSpan]>) {
        carried::write(&mut self.bytes, spans);
    }

    pub(crate) fn count(&mut self, count: usize) {
        varint::write(&mut self.bytes, count as u64);
    }

    /// A type that occurs; size 0 for a dynamic one.
    pub(crate) fn present_type(&mut self, index: u8, size: usize, count: usize) {
        self.bytes.push(index);
        self.count(size);
        self.count(count);
    }

    /// A plane of the given constant, or one with a run.
    pub(crate) fn plane(&mut self, constant: Option<u8>) {
        self.bytes.push(u8::from(constant.is_none()));
        self.bytes.extend(constant);
    }

    pub(crate) fn member(&mut self, type_index: u8, offset: usize) {
        self.bytes.push(type_index);
        self.count(offset);
    }

    /// Width, transform, seeds and planes.
    pub(crate) fn values(&mut self, group: &GroupWriter) {
        let transform = group.transform();
        let seed = group.seed();
        self.bytes.push(group.width().bytes() as u8);
        self.bytes.push(transform.number());
        match transform {
            Transform::Constant => {}
            Transform::Raw => self.planes(group),
            Transform::Delta | Transform::SignedDelta => {
                varint::write(&mut self.bytes, seed.value);
                self.planes(group);
            }
            Transform::DeltaOfDelta => {
                varint::write(&mut self.bytes, seed.value);
                varint::write(&mut self.bytes, seed.step);
                self.planes(group);
            }
        }
        if transform == Transform::Constant {
            self.bytes.extend(group.constants().flatten());
        }
    }

    /// A mask of the planes that have a run, then the bytes of those that are constant.
    fn planes(&mut self, group: &GroupWriter) {
        let mask = group
            .constants()
            .enumerate()
            .filter(|(_, constant)| constant.is_none())
            .fold(0, |mask, (place, _)| mask | 1_u8 << place);
        self.bytes.push(mask);
        self.bytes.extend(group.constants().flatten());
    }

    /// Consecutive runs that are compressed together, or stored.
    pub(crate) fn section(&mut self, run_count: usize, coded_bytes: Option<usize>) {
        self.count(run_count << 1 | usize::from(coded_bytes.is_some()));
        if let Some(coded_bytes) = coded_bytes {
            self.count(coded_bytes);
        }
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}
