//! Log entries whose message is that of their call site.

use super::columns::{LogColumns, TextColumn};
use super::event_plan::{EventPlan, LogOrigin, LogPlan, Message};
use super::tables::{LogDescriptor, Tables};
use super::template::Budget;
use crate::Limits;

/// Size of a plain record: type index, descriptor, time.
pub(super) const STRIDE: usize = 1 + 16;
pub(super) const TIME: usize = 1 + 8;

/// Whether the records of a type are plain entries: their message is that of their call site.
pub(super) fn plain_kind(plan: &EventPlan) -> u8 {
    let is_plain = matches!(
        plan,
        EventPlan::Log(LogPlan {
            time: 8,
            origin: LogOrigin::Descriptor(0),
            properties: None,
            message: Message::Format,
            overrides: _,
        })
    );
    u8::from(is_plain)
}

/// How much of a text is copied without looking at its size.
const HEAD_BYTES: usize = 64;

/// How much more room a text column needs than its texts, so that it never grows.
pub(super) const SLACK_BYTES: usize = HEAD_BYTES;

/// How many bytes get ready for texts at a time: they stay in the first-level cache.
const ROOM_BYTES: usize = 8 << 10;

/// What the entries of a descriptor have in common.
struct Site<'a> {
    /// The format string, cut or filled up.
    head: [u8; HEAD_BYTES],
    text_bytes: usize,
    /// What does not fit into `head`.
    rest: &'a [u8],
    level: i32,
    target: i32,
}

/// The call sites of a block.
pub(super) struct Sites<'a> {
    /// By descriptor.
    sites: Vec<Site<'a>>,
    text_bytes_max: usize,
}

impl<'a> Sites<'a> {
    pub(super) fn of(tables: &'a Tables, limits: &Limits) -> Self {
        let site = |descriptor: &LogDescriptor| {
            let text = tables.strings.bytes_at(descriptor.format as usize).unwrap_or_default();
            let (start, rest) = text.split_at(text.len().min(HEAD_BYTES));
            let mut head = [0; HEAD_BYTES];
            head[..start.len()].copy_from_slice(start);
            let LogDescriptor { level, target, .. } = *descriptor;
            Site { head, text_bytes: text.len(), rest, level, target }
        };
        let sites = tables.log_descriptors.iter().map(site).collect();
        Self { sites, text_bytes_max: limits.column_bytes() }
    }

    #[inline]
    fn get(&self, descriptors: &[u32]) -> impl Iterator<Item = &Site<'a>> {
        descriptors.iter().map(|index| &self.sites[*index as usize])
    }

    /// Size of the messages of entries, given by their descriptors. Neither entries nor the bytes
    /// of a text are as many as 2³², so the sum does not overflow.
    #[inline]
    pub(super) fn text_bytes(&self, descriptors: &[u32]) -> u64 {
        self.get(descriptors).map(|site| site.text_bytes as u64).sum()
    }

    /// The size of messages, if a column may hold as many.
    #[inline]
    pub(super) fn fitting(&self, text_bytes: u64) -> Option<usize> {
        usize::try_from(text_bytes).ok().filter(|bytes| *bytes <= self.text_bytes_max)
    }

    /// Adds plain entries, unless their texts are too long together.
    #[inline]
    pub(super) fn append(
        &self,
        columns: &mut LogColumns,
        budget: &mut Budget,
        descriptors: &[u32],
    ) -> bool {
        let text_bytes = self.text_bytes(descriptors);
        let Some(end) = self.fitting(columns.message.bytes.len() as u64 + text_bytes) else {
            return false;
        };
        if budget.spend(text_bytes as usize).is_err() {
            return false;
        }
        let begin = columns.level.len();
        columns.level.resize(begin + descriptors.len(), 0);
        columns.target.resize(begin + descriptors.len(), 0);
        let (level, target) = (&mut columns.level[begin..], &mut columns.target[begin..]);
        self.fill(&mut columns.message, level, target, descriptors, end);
        true
    }

    /// Writes messages, levels and targets of entries, given by their descriptors. The column of
    /// messages will not be longer than `text_end` bytes in the end.
    #[inline]
    pub(super) fn fill(
        &self,
        message: &mut TextColumn,
        level: &mut [i32],
        target: &mut [i32],
        descriptors: &[u32],
        text_end: usize,
    ) {
        let TextColumn { offsets, bytes } = message;
        let (mut end, row) = (bytes.len(), offsets.len());
        offsets.resize(row + descriptors.len(), 0);
        let rows = offsets[row..].iter_mut().zip(level).zip(target);
        for (((offset, level), target), site) in rows.zip(self.get(descriptors)) {
            let needed = end + site.text_bytes + HEAD_BYTES;
            if needed > bytes.len() {
                bytes.resize(needed.max(text_end.min(end + ROOM_BYTES) + SLACK_BYTES), 0);
            }
            // Nearly all texts are short. Copying a constant number of bytes, of which the next text
            // overwrites those that are too many, is faster than copying the right number.
            bytes[end..end + HEAD_BYTES].copy_from_slice(&site.head);
            if !site.rest.is_empty() {
                bytes[end + HEAD_BYTES..end + site.text_bytes].copy_from_slice(site.rest);
            }
            end += site.text_bytes;
            (*offset, *level, *target) = (end as i32, site.level, site.target);
        }
        bytes.truncate(end);
    }
}
