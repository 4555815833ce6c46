//! Records in words: heads, and reading one record after the other.
#![expect(
    unsafe_code,
    reason = "addresses of descriptors become references again when records are read"
)]

use crate::buffer::Kind;
use crate::stats::Counts;
use std::marker::PhantomData;

pub(super) const TAG_MASK: u64 = 0xf;

/// The first word of a record.
#[inline(always)]
pub(crate) fn head<Metadata>(metadata: &'static Metadata, tag: usize) -> u64 {
    const { assert!(align_of::<Metadata>() > TAG_MASK as usize) };
    (std::ptr::from_ref(metadata).expose_provenance() + tag) as u64
}

/// The kind of a record with this first word.
pub(super) fn tag_of(head: u64) -> usize {
    (head & TAG_MASK) as usize
}

/// # Safety
/// `word` was made by [`head`] of a descriptor of this type.
pub(super) unsafe fn descriptor<Metadata>(word: u64) -> &'static Metadata {
    let address = std::ptr::with_exposed_provenance::<Metadata>((word & !TAG_MASK) as usize);
    // SAFETY: `head` took the address of a static descriptor of this type and exposed it.
    unsafe { &*address }
}

/// What one kind of buffer holds.
pub(crate) trait Record<'a>: Copy {
    /// The kind of buffer.
    const KIND: Kind;

    /// When it happened.
    fn time(&self) -> i64;

    /// Adds the event to the numbers of events.
    fn note(&self, counts: &mut Counts);

    /// Reads the first record and moves `words` behind it.
    ///
    /// # Safety
    /// The words are whole records, written by this crate's recording functions for a buffer of
    /// this kind.
    unsafe fn read(words: &mut &'a [u64]) -> Option<Self>;
}

pub(super) fn take<const N: usize>(words: &mut &[u64]) -> Option<[u64; N]> {
    let (first, rest) = words.split_first_chunk::<N>()?;
    *words = rest;
    Some(*first)
}

/// Takes as many words as it takes to hold `bytes`.
pub(super) fn take_bytes<'a>(words: &mut &'a [u64], bytes: usize) -> Option<&'a [u8]> {
    let (taken, rest) = words.split_at_checked(bytes.div_ceil(size_of::<u64>()))?;
    *words = rest;
    // SAFETY: the words are initialised memory of at least `bytes` bytes, bytes have no alignment,
    // and the result borrows what the words borrow.
    Some(unsafe { std::slice::from_raw_parts(taken.as_ptr().cast::<u8>(), bytes) })
}

/// Whole records of one kind, one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Records<'a, R> {
    words: &'a [u64],
    record: PhantomData<R>,
}

impl<'a, R: Record<'a>> Records<'a, R> {
    /// The records in `words`.
    ///
    /// # Safety
    /// As for [`Record::read`].
    pub(crate) unsafe fn new(words: &'a [u64]) -> Self {
        Self { words, record: PhantomData }
    }

    /// Whether none is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

impl<'a, R: Record<'a>> Iterator for Records<'a, R> {
    type Item = R;

    #[inline(always)]
    fn next(&mut self) -> Option<R> {
        // SAFETY: by the contract of `new`, the words are whole records of this kind.
        unsafe { R::read(&mut self.words) }
    }
}
