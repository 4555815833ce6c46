//! Bounds on what untrusted bytes may make a decoder do.

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
    /// Greatest ratio of a planar buffer's decompressed size to its compressed one, where that is
    /// above 4 MiB (1,000). LZ4 frames cannot exceed 255.
    pub expansion_ratio: u32,
    /// Greatest number of records in one buffer (64 Mi).
    pub record_count: u32,
    /// Greatest number of types in one layout table (1,024).
    pub type_count: usize,
    /// Greatest depth of types nested in types (8).
    pub type_depth: u32,
    /// Greatest number of members of one record, nested ones counted each time (1,024).
    pub members_per_record: u32,
    /// Greatest size of one string (16 MiB).
    pub string_bytes: usize,
    /// Greatest size of a whole text column, and of the string table of a block (1 GiB; never above
    /// `i32::MAX`, because offsets are 32 bits wide).
    pub text_bytes: usize,
    /// Greatest number of name and value pairs in all property sets of a block together (16 Mi).
    pub property_count: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            decompressed_bytes: 256 << 20,
            expansion_ratio: 1000,
            record_count: 64 << 20,
            type_count: 1024,
            type_depth: 8,
            members_per_record: 1024,
            string_bytes: 16 << 20,
            text_bytes: 1 << 30,
            property_count: 16 << 20,
        }
    }
}

impl Limits {
    /// The limit of a text column's size, such that 32-bit offsets always suffice.
    pub(crate) fn column_bytes(&self) -> usize {
        self.text_bytes.min(i32::MAX as usize)
    }
}
