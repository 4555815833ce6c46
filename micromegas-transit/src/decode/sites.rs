//! Log entries whose message is that of their call site.

use super::columns::TextColumn;
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

/// The format string of a descriptor.
struct ConstantText<'a> {
    /// The text, cut or filled up.
    head: [u8; HEAD_BYTES],
    bytes: usize,
    /// What does not fit into `head`.
    rest: &'a [u8],
}

/// The call sites of a block.
pub(super) struct Sites<'a> {
    descriptors: &'a [LogDescriptor],
    /// By descriptor.
    texts: Vec<ConstantText<'a>>,
    max_text_bytes: usize,
}

impl<'a> Sites<'a> {
    pub(super) fn of(tables: &'a Tables, limits: &Limits) -> Self {
        let descriptors = &tables.log_descriptors;
        let text = |descriptor: &LogDescriptor| {
            let text = tables.strings.bytes_at(descriptor.format as usize).unwrap_or_default();
            let (start, rest) = text.split_at(text.len().min(HEAD_BYTES));
            let mut head = [0; HEAD_BYTES];
            head[..start.len()].copy_from_slice(start);
            ConstantText { head, bytes: text.len(), rest }
        };
        let texts = descriptors.iter().map(text).collect();
        Self { descriptors, texts, max_text_bytes: limits.column_bytes() }
    }

    #[inline]
    fn texts(&self, descriptors: &[u32]) -> impl Iterator<Item = &ConstantText<'a>> {
        descriptors.iter().map(|index| &self.texts[*index as usize])
    }

    /// Size of the messages of entries, given by their descriptors.
    #[inline]
    pub(super) fn text_bytes(&self, descriptors: &[u32]) -> usize {
        self.texts(descriptors).map(|text| text.bytes).fold(0, usize::saturating_add)
    }

    /// The room that a text column needs for the messages of entries.
    pub(super) fn room_bytes(&self, descriptors: &[u32]) -> usize {
        self.text_bytes(descriptors).min(self.max_text_bytes) + SLACK_BYTES
    }

    /// By index.
    #[inline]
    pub(super) fn descriptors(&self) -> &'a [LogDescriptor] {
        self.descriptors
    }

    /// Adds the messages of entries, all of them or, when they are too long together, none.
    #[inline]
    pub(super) fn append_texts(
        &self,
        column: &mut TextColumn,
        budget: &mut Budget,
        descriptors: &[u32],
    ) -> bool {
        let TextColumn { offsets, bytes } = column;
        let text_bytes = self.text_bytes(descriptors);
        let is_within = text_bytes <= self.max_text_bytes.saturating_sub(bytes.len());
        if !is_within || budget.spend(text_bytes).is_err() {
            return false;
        }
        // Nearly all texts are short. Copying a constant number of bytes and taking back what is
        // too much is faster than copying the right number.
        for text in self.texts(descriptors) {
            let end = bytes.len() + text.bytes;
            bytes.extend_from_slice(&text.head);
            if text.rest.is_empty() {
                bytes.truncate(end);
            } else {
                bytes.extend_from_slice(text.rest);
            }
            offsets.push(end as i32);
        }
        true
    }
}
