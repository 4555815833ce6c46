//! Bounds on what untrusted bytes may make a decoder do.

use crate::{Error, Result, decompress_frame_into};

/// Limits of decoding. Every allocation that depends on untrusted bytes stays within them.
///
/// ```
/// use micromegas_transit::Limits;
///
/// let limits = Limits { decompressed_bytes: 32 << 20, ..Limits::default() };
/// assert_eq!(limits.type_depth, Limits::default().type_depth);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Greatest size of one decompressed record buffer (256 MiB).
    pub decompressed_bytes: usize,
    /// Greatest ratio of a buffer's decompressed size to its compressed one, where that is above
    /// `ratio_free_bytes` (1,000). LZ4 frames cannot exceed 255.
    pub expansion_ratio: u32,
    /// Size up to which a buffer may have any ratio, because small blocks of equal events compress
    /// to nearly nothing (4 MiB).
    pub ratio_free_bytes: usize,
    /// Greatest number of records in one buffer (64 Mi).
    pub record_count: u32,
    /// Greatest number of types in one layout table (1,024).
    pub type_count: usize,
    /// Greatest depth of types nested in types (8).
    pub type_depth: u32,
    /// Greatest number of members of one record, nested ones counted each time, and of the parts
    /// that a planar block cuts a record into (1,024). Our own encoder makes up to 128 parts.
    pub members_per_record: u32,
    /// Greatest length of the name of a type or a member, in bytes (1,024).
    pub name_bytes: usize,
    /// Greatest size of one string (16 MiB).
    pub string_bytes: usize,
    /// Greatest size of a whole text column, and of the string table of a block (1 GiB; never above
    /// `i32::MAX`, because offsets are 32 bits wide).
    pub text_bytes: usize,
    /// Greatest number of name and value pairs in all property sets of a block together (16 Mi).
    pub property_count: usize,
    /// Greatest number of open spans that a planar block carries (65,536).
    pub carried_span_count: u32,
    /// Greatest size of all columns that are derived from reflection in one pass, and of all values
    /// that one visit of a block's events makes (1 GiB). Members may overlap and refer to the same
    /// things again and again, so neither is bounded by the size of the block.
    pub derived_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            decompressed_bytes: 256 << 20,
            expansion_ratio: 1000,
            ratio_free_bytes: 4 << 20,
            record_count: 64 << 20,
            type_count: 1024,
            type_depth: 8,
            members_per_record: 1024,
            name_bytes: 1024,
            string_bytes: 16 << 20,
            text_bytes: 1 << 30,
            property_count: 16 << 20,
            carried_span_count: 1 << 16,
            derived_bytes: 1 << 30,
        }
    }
}

impl Limits {
    /// How many bytes a buffer may decompress to that has `compressed_bytes` when compressed.
    pub fn decompressed_bound(&self, compressed_bytes: usize) -> usize {
        let by_ratio = compressed_bytes.saturating_mul(self.expansion_ratio as usize);
        by_ratio.max(self.ratio_free_bytes).min(self.decompressed_bytes)
    }

    /// Decompresses one LZ4 frame within the limits on size and ratio.
    pub(crate) fn decompress_into(&self, frame: &[u8], content: &mut Vec<u8>) -> Result<()> {
        let bound = self.decompressed_bound(frame.len());
        decompress_frame_into(frame, bound, content).map_err(|error| match error {
            Error::LimitExceeded { .. } if bound < self.decompressed_bytes => {
                let limit = self.expansion_ratio.into();
                Error::LimitExceeded { what: "expansion ratio", limit }
            }
            other => other,
        })
    }

    /// The limit of a text column's size, such that 32-bit offsets always suffice.
    pub(crate) fn column_bytes(&self) -> usize {
        self.text_bytes.min(i32::MAX as usize)
    }
}
