//! A log record that is being written: its text goes straight into the buffer, behind the
//! committed prefix, and becomes visible all at once.
#![expect(unsafe_code, reason = "text is copied behind the committed prefix of a raw buffer")]

use crate::buffer::Kind;
use crate::recording::cold::{self, Refusal};
use crate::recording::hot;
use crate::recording::section::Section;
use std::marker::PhantomData;
use std::ptr::copy_nonoverlapping;

const WORD_BYTES: usize = size_of::<u64>();

/// The one open record of a thread: `HEAD_WORDS` words, of which the last one is the length of the
/// text that follows. Dropping it without a commit abandons it: the next record is
/// written over it.
///
/// While it lives, the thread's log buffer is renewed only by [`push`](Self::push): everything
/// else that this thread logs is kept aside, because the thread is in a section.
#[derive(Debug)]
pub(crate) struct OpenRecord<'s, const HEAD_WORDS: usize> {
    /// Where the record starts: the position of the current buffer.
    start: *mut u8,
    /// Bytes from `start` to the end of the buffer; a multiple of the word size.
    room_bytes: usize,
    text_bytes: usize,
    section: PhantomData<&'s Section>,
}

/// A record that has just been published. The section keeps its buffer from being renewed.
#[derive(Debug)]
pub(crate) struct CommittedText<'s> {
    start: *const u8,
    bytes: usize,
    section: PhantomData<&'s Section>,
}

impl<'s, const HEAD_WORDS: usize> OpenRecord<'s, HEAD_WORDS> {
    const HEAD_BYTES: usize = HEAD_WORDS * WORD_BYTES;

    /// Opens a record in the thread's current buffer. A section has at most one record open at a
    /// time: the only caller opens, commits and shows one before it goes on.
    pub(crate) fn open(_section: &'s Section) -> Result<Self, Refusal> {
        let mut record = Self {
            start: std::ptr::null_mut(),
            room_bytes: 0,
            text_bytes: 0,
            section: PhantomData,
        };
        record.find_place();
        if record.room_bytes < Self::HEAD_BYTES {
            cold::make_room(Kind::Logs, Self::HEAD_BYTES)?;
            record.find_place();
        }
        Ok(record)
    }

    fn find_place(&mut self) {
        hot::with_cursors(|cursors| {
            cursors.with_current(Kind::Logs, |buffer| {
                self.start = buffer.position().cast::<u8>();
                self.room_bytes = buffer.room_bytes();
            });
        });
    }

    /// Adds text. What does not fit moves on to a new buffer with all that is written so far; an
    /// error means there is none.
    pub(crate) fn push(&mut self, text: &[u8]) -> Result<(), Refusal> {
        let written = Self::HEAD_BYTES + self.text_bytes;
        if self.room_bytes - written < text.len() {
            self.move_on(written + text.len())?;
        }
        // SAFETY: `written` bytes are at most the room that starts at `start`.
        let end = unsafe { self.start.add(written) };
        // SAFETY: the source is a slice of that length; the destination lies inside the current
        // buffer, behind its position, where only this thread writes; they cannot overlap, because
        // nothing borrows what is not committed.
        unsafe { copy_nonoverlapping(text.as_ptr(), end, text.len()) };
        self.text_bytes += text.len();
        Ok(())
    }

    #[cold]
    fn move_on(&mut self, bytes: usize) -> Result<(), Refusal> {
        let (from, text_bytes) = (self.start, self.text_bytes);
        cold::move_on(Kind::Logs, bytes.next_multiple_of(WORD_BYTES), |to| {
            // SAFETY: the text starts after the head, inside the old buffer.
            let from = unsafe { from.add(Self::HEAD_BYTES) };
            // SAFETY: the new buffer has room for `bytes`, of which the head is a part.
            let to = unsafe { to.cast::<u8>().add(Self::HEAD_BYTES) };
            // SAFETY: `text_bytes` were written at the old place, and the old buffer is still this
            // chain's; the new one is not yet known to anyone and is another allocation.
            unsafe { copy_nonoverlapping(from, to, text_bytes) };
        })?;
        self.find_place();
        Ok(())
    }

    /// Publishes the record. The last word of the head is filled in.
    pub(crate) fn commit(self, mut head: [u64; HEAD_WORDS]) -> CommittedText<'s> {
        head[HEAD_WORDS - 1] = self.text_bytes as u64;
        let text_words = self.text_bytes.div_ceil(WORD_BYTES);
        let padding = text_words * WORD_BYTES - self.text_bytes;
        // SAFETY: head and text are inside the room.
        let end = unsafe { self.start.add(Self::HEAD_BYTES + self.text_bytes) };
        // SAFETY: the room is a multiple of the word size, so the padding is inside it too.
        unsafe { end.write_bytes(0, padding) };
        // SAFETY: `start` is the position of the buffer, aligned to a word, with room for the head.
        unsafe { self.start.cast::<[u64; HEAD_WORDS]>().write(head) };
        hot::with_cursors(|cursors| {
            cursors.with_current(Kind::Logs, |buffer| {
                // SAFETY: head, text and padding are written, and this thread is the only writer.
                unsafe { buffer.publish(HEAD_WORDS + text_words) };
            });
        });
        // SAFETY: the text starts after the head, inside the buffer.
        let start = unsafe { self.start.add(Self::HEAD_BYTES) };
        CommittedText { start, bytes: self.text_bytes, section: PhantomData }
    }
}

impl CommittedText<'_> {
    /// The text, without its first `skipped_bytes`.
    pub(crate) fn text(&self, skipped_bytes: usize) -> &str {
        // SAFETY: the bytes are committed, so they do not change; the buffer is the last of this
        // thread's chain and stays so while the section is entered and this text borrowed, because
        // what the thread logs meanwhile is set aside.
        let bytes = unsafe { std::slice::from_raw_parts(self.start, self.bytes) };
        let text = bytes.get(skipped_bytes..).unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default()
    }
}
