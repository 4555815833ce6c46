//! What some records carry beyond their fixed words: properties, names, text.
#![expect(unsafe_code, reason = "addresses of property sets become references again")]

use crate::properties::PropertySet;
use crate::properties::tags::Tags;
use crate::record::words::{descriptor, head, take, take_bytes};

/// Words before the bytes of an extra.
pub(crate) const EXTRA_WORDS: usize = 5;

/// What the words before an extra's bytes say.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ExtraHead<'a> {
    pub(crate) tags: Tags<'a>,
    pub(crate) name: &'a str,
    pub(crate) unit: &'a str,
}

impl<'a> ExtraHead<'a> {
    pub(crate) fn of_tags(tags: Tags<'a>) -> Self {
        Self { tags, ..Self::default() }
    }

    /// The words for an extra with `text_bytes` of text.
    pub(crate) fn words(&self, text_bytes: usize) -> [u64; EXTRA_WORDS] {
        let Self { tags, name, unit } = self;
        let address = |set: Option<&'static PropertySet>| set.map_or(0, |set| head(set, 0));
        [
            address(tags.constants),
            address(tags.spread),
            name.len() as u64 | (unit.len() as u64) << 32,
            tags.pairs.len() as u64,
            (self.bytes() + text_bytes) as u64,
        ]
    }

    /// How many bytes come before the text.
    pub(crate) fn bytes(&self) -> usize {
        self.name.len() + self.unit.len() + self.tags.pairs.len()
    }

    /// What comes before the text.
    pub(crate) fn parts(&self) -> [&'a [u8]; 3] {
        [self.name.as_bytes(), self.unit.as_bytes(), self.tags.pairs]
    }
}

/// An extra as it lies in words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PackedExtra<'a> {
    words: &'a [u64],
}

/// An extra that was read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extra<'a> {
    pub(crate) tags: Tags<'a>,
    /// The event's own name, or target; empty if the descriptor's counts.
    pub(crate) name: &'a str,
    pub(crate) unit: &'a str,
    pub(crate) text: &'a [u8],
}

impl<'a> PackedExtra<'a> {
    /// Takes an extra off the words.
    ///
    /// # Safety
    /// The words start with an extra that was written by this crate's recording functions.
    pub(super) unsafe fn take(words: &mut &'a [u64]) -> Option<Self> {
        let bytes = *words.get(EXTRA_WORDS - 1)? as usize;
        let (extra, rest) =
            words.split_at_checked(EXTRA_WORDS + bytes.div_ceil(size_of::<u64>()))?;
        *words = rest;
        Some(Self { words: extra })
    }

    /// Reads it.
    pub(crate) fn read(&self) -> Option<Extra<'a>> {
        let mut words = self.words;
        let [constants, spread, names, pair_bytes, bytes] = take(&mut words)?;
        let bytes = take_bytes(&mut words, bytes as usize)?;
        let (name, rest) = bytes.split_at_checked(names as u32 as usize)?;
        let (unit, rest) = rest.split_at_checked((names >> 32) as usize)?;
        let (pairs, text) = rest.split_at_checked(pair_bytes as usize)?;
        let set = |word: u64| {
            // SAFETY: by the contract of `take`, a word that is not 0 is the head of a static set.
            (word != 0).then(|| unsafe { descriptor::<PropertySet>(word) })
        };
        let tags = Tags { pairs, constants: set(constants), spread: set(spread) };
        let name = str::from_utf8(name).ok()?;
        Some(Extra { tags, name, unit: str::from_utf8(unit).ok()?, text })
    }
}
