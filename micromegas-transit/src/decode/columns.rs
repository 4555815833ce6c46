//! The typed columns that decoding fills.
//!
//! Indices into tables are `i32`, as Arrow's dictionary keys are; -1 stands for "none" where the
//! documentation says so. All columns of a struct have the same length, but for those that may be
//! empty by their documentation.

use super::losses::Losses;

/// What one pass over a block's events gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decoded<C> {
    /// The columns.
    pub columns: C,
    /// Number of records in the block, of all types, lost ones included.
    pub record_count: u32,
    /// What could not be decoded, by reason.
    pub losses: Losses,
}

/// Strings one after the other, in the layout of Arrow's `Utf8` arrays. Always valid UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextColumn {
    /// Where each string begins, and at last where the last one ends: one more than strings.
    pub offsets: Vec<i32>,
    /// The strings' bytes.
    pub bytes: Vec<u8>,
}

/// The dictionary of a block: every string that its dependencies define, each once.
/// The first string is always the empty one.
pub type StringTable = TextColumn;

impl Default for TextColumn {
    fn default() -> Self {
        Self { offsets: vec![0], bytes: Vec::new() }
    }
}

impl TextColumn {
    /// Number of strings.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there is no string.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The string at `index`.
    pub fn get(&self, index: usize) -> Option<&str> {
        std::str::from_utf8(self.bytes_at(index)?).ok()
    }

    /// All strings in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// The bytes of the string at `index`.
    #[inline]
    pub(super) fn bytes_at(&self, index: usize) -> Option<&[u8]> {
        let begin = *self.offsets.get(index)?;
        let end = *self.offsets.get(index + 1)?;
        self.bytes.get(begin as usize..end as usize)
    }

    /// Ends the string that was appended to `bytes`. The caller keeps `bytes` below 2 GiB.
    #[inline]
    pub(super) fn end_string(&mut self) {
        self.offsets.push(self.bytes.len() as i32);
    }

    /// Makes room for one more string, and for an eighth more where the memory has to grow:
    /// less than vectors take by themselves.
    pub(super) fn reserve_tightly(&mut self) {
        reserve_tightly(&mut self.offsets, 1);
        let average = self.bytes.len() / self.offsets.len();
        reserve_tightly(&mut self.bytes, average);
    }

    /// Drops what was appended to `bytes` after the last ended string.
    pub(super) fn drop_unended(&mut self) {
        let end = self.offsets.last().map_or(0, |end| *end as usize);
        self.bytes.truncate(end);
    }
}

/// Makes room for some more values, and for an eighth more where the memory has to grow.
pub(super) fn reserve_tightly<T>(column: &mut Vec<T>, additional: usize) {
    if column.capacity() - column.len() < additional {
        column.reserve_exact(column.len() / 8 + additional.max(16));
    }
}

/// Sets of properties that tagged events refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertySets {
    /// Where each set begins in `pairs`, and at last where the last one ends.
    pub offsets: Vec<u32>,
    /// Name and value of each property, as indices into the block's strings.
    pub pairs: Vec<(i32, i32)>,
}

impl Default for PropertySets {
    fn default() -> Self {
        Self { offsets: vec![0], pairs: Vec::new() }
    }
}

impl PropertySets {
    /// Number of sets.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there is no set.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The pairs of the set at `index`.
    pub fn get(&self, index: usize) -> Option<&[(i32, i32)]> {
        let begin = *self.offsets.get(index)?;
        let end = *self.offsets.get(index + 1)?;
        self.pairs.get(begin as usize..end as usize)
    }
}

/// Log entries.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct LogColumns {
    /// Index of the event in its block.
    pub record: Vec<u32>,
    /// When, in absolute ticks.
    pub ticks: Vec<i64>,
    /// From 1 (fatal) to 6 (trace).
    pub level: Vec<i32>,
    /// String index.
    pub target: Vec<i32>,
    /// The message, templates rendered.
    pub message: TextColumn,
    /// Property set index, -1 without properties; empty if no event of the block has properties.
    pub properties: Vec<i32>,
}

/// Samples of metrics.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct MetricColumns {
    /// Index of the event in its block.
    pub record: Vec<u32>,
    /// When, in absolute ticks.
    pub ticks: Vec<i64>,
    /// Name of the metric, a string index.
    pub name: Vec<i32>,
    /// Unit as the client gave it, a string index.
    pub unit: Vec<i32>,
    /// String index.
    pub target: Vec<i32>,
    /// The sample; integer samples are converted.
    pub value: Vec<f64>,
    /// The exact sample of integer metrics, else 0.
    pub integer: Vec<u64>,
    /// Whether the sample is an integer.
    pub is_integer: Vec<bool>,
    /// Property set index, -1 without properties; empty if no event of the block has properties.
    pub properties: Vec<i32>,
}

/// What a span is about: a descriptor, or a name at a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scope {
    /// Name of the span, a string index.
    pub name: i32,
    /// String index.
    pub target: i32,
    /// Source file, a string index.
    pub file: i32,
    /// Line in the source file.
    pub line: u32,
    /// xxh32 chained over name, file, target and the little-endian line: each hash is the seed of
    /// the next.
    pub hash: u32,
}

/// Begins and ends of a thread's spans.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct SpanColumns {
    /// Index of the event in its block.
    pub record: Vec<u32>,
    /// When, in absolute ticks.
    pub ticks: Vec<i64>,
    /// Whether the span begins here; else it ends.
    pub is_begin: Vec<bool>,
    /// Index into `scopes`. Different scopes may be equal in content: compare by name.
    pub scope: Vec<i32>,
    /// Property set index, -1 without properties; empty if no event of the block has properties.
    pub properties: Vec<i32>,
    /// The scopes that the events refer to, and possibly more.
    pub scopes: Vec<Scope>,
}

/// Begins and ends of spans that may change threads.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct AsyncSpanColumns {
    /// Index of the event in its block.
    pub record: Vec<u32>,
    /// When, in absolute ticks.
    pub ticks: Vec<i64>,
    /// Whether the span begins here; else it ends.
    pub is_begin: Vec<bool>,
    /// Index into `scopes`.
    pub scope: Vec<i32>,
    /// Identity of the span in its process.
    pub span_id: Vec<u64>,
    /// Identity of the span around it; 0 for none, and from clients that do not tell.
    pub parent_span_id: Vec<u64>,
    /// Number of spans around it; 0 from clients that do not tell.
    pub depth: Vec<u32>,
    /// Property set index, -1 without properties; empty if no event of the block has properties.
    pub properties: Vec<i32>,
    /// The scopes that the events refer to, and possibly more.
    pub scopes: Vec<Scope>,
}
