//! Log entries whose message is that of their call site.

use super::columns::{LogColumns, TextColumn};
use super::descriptors::LogDescriptor;
use super::event_plan::{EventPlan, LogOrigin, LogPlan, Message};
use super::tables::Tables;
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

/// How much more room a text column needs than its texts while they are written.
pub(super) const SLACK_BYTES: usize = HEAD_BYTES;

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

/// The bytes of one of them.
pub(super) const SITE_BYTES: usize = size_of::<Site<'_>>();

/// The call sites of a block.
pub(super) struct Sites<'a> {
    /// By descriptor.
    sites: Vec<Site<'a>>,
    text_bytes_max: usize,
}

impl<'a> Sites<'a> {
    pub(super) fn of(tables: &'a Tables<'_>, limits: &Limits) -> Self {
        let site = |descriptor: &LogDescriptor| {
            let text = tables.strings.bytes_at(descriptor.format as usize).unwrap_or_default();
            let (start, rest) = text.split_at(text.len().min(HEAD_BYTES));
            let mut head = [0; HEAD_BYTES];
            head[..start.len()].copy_from_slice(start);
            let LogDescriptor { level, target, .. } = *descriptor;
            Site { head, text_bytes: text.len(), rest, level, target }
        };
        let sites = tables.log_descriptors.rows.iter().map(site).collect();
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
        let LogColumns { message: TextColumn { offsets, bytes }, level, target, .. } = columns;
        let text_begin = bytes.len();
        let Some(text_end) = self.fitting(text_begin as u64 + text_bytes) else { return false };
        if budget.spend(text_end - text_begin).is_err() {
            return false;
        }
        let begin = level.len();
        let end = begin + descriptors.len();
        level.resize(end, 0);
        target.resize(end, 0);
        offsets.resize(end + 1, 0);
        bytes.resize(text_end + SLACK_BYTES, 0);
        let rows = offsets[begin + 1..].iter_mut().zip(&mut level[begin..]);
        self.fill(bytes, text_begin, rows.zip(&mut target[begin..]), descriptors);
        bytes.truncate(text_end);
        true
    }

    /// Writes the messages of entries, which are given by their descriptors, to `texts` from
    /// `begin` on, and for each where its message ends, its level and its target. Returns where the
    /// last message ends; there are [`SLACK_BYTES`] behind that, which are undefined.
    #[inline]
    pub(super) fn fill<'r>(
        &self,
        texts: &mut [u8],
        begin: usize,
        rows: impl Iterator<Item = ((&'r mut i32, &'r mut i32), &'r mut i32)>,
        descriptors: &[u32],
    ) -> usize {
        let mut end = begin;
        for (((offset, level), target), site) in rows.zip(self.get(descriptors)) {
            // Nearly all texts are short. Copying a constant number of bytes, of which the next text
            // overwrites those that are too many, is faster than copying the right number.
            texts[end..end + HEAD_BYTES].copy_from_slice(&site.head);
            if !site.rest.is_empty() {
                texts[end + HEAD_BYTES..end + site.text_bytes].copy_from_slice(site.rest);
            }
            end += site.text_bytes;
            (*offset, *level, *target) = (end as i32, site.level, site.target);
        }
        end
    }
}
