//! What stands before each record.

use twox_hash::XxHash32;
use uuid::Uuid;

/// Records begin at multiples of this many bytes, so that no header crosses a sector's border.
pub(super) const CELL_BYTES: u64 = 64;

/// Bytes of a header: one cell.
pub(super) const HEADER_BYTES: usize = CELL_BYTES as usize;

/// How many bytes of a header are checked and used.
const CHECKED_BYTES: usize = 60;

const MAGIC: [u8; 4] = *b"mmsp";
const VERSION: u8 = 1;

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing any more.
    Free,
    /// The description of a process.
    Process,
    /// The description of a stream.
    Stream,
    /// A run of events.
    Block,
}

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    /// How much a block matters.
    pub(super) priority: u8,
    /// How a block's events are encoded.
    pub(super) encoding: u8,
    /// From this header to the next one.
    pub(super) extent: u32,
    /// How many bytes of that the body takes, right behind the header.
    pub(super) body_bytes: u32,
    pub(super) body_checksum: u32,
    /// Counts up in the order of writing.
    pub(super) sequence: u64,
    /// The id of what the body describes; of a block, that of its stream.
    pub(super) id: Uuid,
    pub(super) event_count: u32,
    /// Events that the block says were lost before it.
    pub(super) skipped_events: u64,
}

impl Header {
    /// The header of a part that holds nothing.
    pub(super) fn free(extent: u32) -> Self {
        Self {
            kind: Kind::Free,
            priority: 0,
            encoding: 0,
            extent,
            body_bytes: 0,
            body_checksum: 0,
            sequence: 0,
            id: Uuid::nil(),
            event_count: 0,
            skipped_events: 0,
        }
    }

    pub(super) fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4] = VERSION;
        bytes[5] = match self.kind {
            Kind::Free => 0,
            Kind::Process => 1,
            Kind::Stream => 2,
            Kind::Block => 3,
        };
        bytes[6] = self.priority;
        bytes[7] = self.encoding;
        bytes[8..12].copy_from_slice(&self.extent.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.body_bytes.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.body_checksum.to_le_bytes());
        bytes[20..28].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[28..44].copy_from_slice(self.id.as_bytes());
        bytes[44..48].copy_from_slice(&self.event_count.to_le_bytes());
        bytes[48..56].copy_from_slice(&self.skipped_events.to_le_bytes());
        // Four bytes for what may come.
        let own = checksum(&bytes[..CHECKED_BYTES]);
        bytes[CHECKED_BYTES..].copy_from_slice(&own.to_le_bytes());
        bytes
    }

    /// None if these bytes are no header.
    pub(super) fn from_bytes(bytes: &[u8; HEADER_BYTES]) -> Option<Self> {
        let (checked, own) = bytes.split_at(CHECKED_BYTES);
        if bytes[..4] != MAGIC || bytes[4] != VERSION || checksum(checked).to_le_bytes() != own {
            return None;
        }
        let kind = match bytes[5] {
            0 => Kind::Free,
            1 => Kind::Process,
            2 => Kind::Stream,
            3 => Kind::Block,
            _ => return None,
        };
        let u32_at = |at: usize| bytes[at..].first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
        let u64_at = |at: usize| bytes[at..].first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
        let header = Self {
            kind,
            priority: bytes[6],
            encoding: bytes[7],
            extent: u32_at(8)?,
            body_bytes: u32_at(12)?,
            body_checksum: u32_at(16)?,
            sequence: u64_at(20)?,
            id: Uuid::from_bytes(*bytes[28..].first_chunk()?),
            event_count: u32_at(44)?,
            skipped_events: u64_at(48)?,
        };
        let is_whole = u64::from(header.extent) >= extent_of(u64::from(header.body_bytes));
        let is_aligned = u64::from(header.extent).is_multiple_of(CELL_BYTES);
        (is_whole && is_aligned).then_some(header)
    }
}

/// The checksum of headers and bodies.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    XxHash32::oneshot(0, bytes)
}

/// How many bytes a record with such a body takes.
pub(super) fn extent_of(body_bytes: u64) -> u64 {
    (CELL_BYTES + body_bytes).next_multiple_of(CELL_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_round_trips_and_any_changed_bit_is_noticed() {
        let header = Header {
            kind: Kind::Block,
            priority: 2,
            encoding: 1,
            extent: 192,
            body_bytes: 100,
            body_checksum: 0xdead_beef,
            sequence: 1 << 40,
            id: Uuid::from_u128(7),
            event_count: 9,
            skipped_events: u64::MAX,
        };
        let bytes = header.to_bytes();
        assert_eq!(Header::from_bytes(&bytes), Some(header));
        for bit in 0..8 * HEADER_BYTES {
            let mut changed = bytes;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::from_bytes(&changed), None, "bit {bit}");
        }
    }

    #[test]
    fn a_record_takes_whole_cells_and_its_body_must_fit() {
        assert_eq!([extent_of(0), extent_of(1), extent_of(64), extent_of(65)], [64, 128, 128, 192]);
        let short = Header { body_bytes: 1, ..Header::free(64) };
        assert_eq!(Header::from_bytes(&short.to_bytes()), None);
    }
}
