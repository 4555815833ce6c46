//! The text of a log entry as it is formatted: bounded, and marked where it was cut.

use crate::recording::cold::Refusal;
use crate::recording::open_record::OpenRecord;
use std::fmt::{self, Write};

/// No message is longer than this, mark included.
pub(crate) const MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// What the mark may take.
const MARK_BYTES: usize = 64;

/// Where formatted text goes.
pub(crate) trait TextTarget {
    /// Adds text; an error means that the entry is lost.
    fn push(&mut self, text: &str) -> Result<(), Refusal>;
}

impl<const HEAD_WORDS: usize> TextTarget for OpenRecord<'_, HEAD_WORDS> {
    fn push(&mut self, text: &str) -> Result<(), Refusal> {
        Self::push(self, text.as_bytes())
    }
}

impl TextTarget for String {
    fn push(&mut self, text: &str) -> Result<(), Refusal> {
        self.push_str(text);
        Ok(())
    }
}

/// Formats a message into a target.
pub(crate) fn format_into<T: TextTarget>(
    target: &mut T,
    arguments: fmt::Arguments<'_>,
) -> Result<(), Refusal> {
    format_bounded(target, MESSAGE_BYTES_MAX, arguments)
}

/// Formats text of at most `bytes_max` bytes, mark included.
pub(crate) fn format_bounded<T: TextTarget>(
    target: &mut T,
    bytes_max: usize,
    arguments: fmt::Arguments<'_>,
) -> Result<(), Refusal> {
    let mut message = Message { target, bytes_max, bytes: 0, cut_bytes: 0, refusal: None };
    // An error is a `Display` giving up; what it wrote before that is the message.
    let _ = message.write_fmt(arguments);
    message.finish()
}

struct Message<'a, T> {
    target: &'a mut T,
    bytes_max: usize,
    bytes: usize,
    cut_bytes: usize,
    refusal: Option<Refusal>,
}

impl<T: TextTarget> Message<'_, T> {
    fn push(&mut self, text: &str) {
        if self.refusal.is_none() {
            self.refusal = self.target.push(text).err();
            self.bytes += text.len();
        }
    }

    fn finish(mut self) -> Result<(), Refusal> {
        if self.cut_bytes > 0 {
            let mark = format!(" [{} bytes cut]", self.cut_bytes);
            self.push(&mark);
        }
        self.refusal.map_or(Ok(()), Err)
    }
}

impl<T: TextTarget> Write for Message<'_, T> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes_max - MARK_BYTES - self.bytes;
        if self.cut_bytes > 0 {
            self.cut_bytes += text.len();
        } else if text.len() <= room {
            self.push(text);
        } else {
            let (kept, cut) = text.split_at(text.floor_char_boundary(room));
            self.push(kept);
            self.cut_bytes = cut.len();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(arguments: fmt::Arguments<'_>) -> String {
        let mut text = String::new();
        format_into(&mut text, arguments).expect("strings take everything");
        text
    }

    #[test]
    fn a_message_that_fits_is_whole() {
        assert_eq!(formatted(format_args!("{}-{}", 1, "two")), "1-two");
    }

    #[test]
    fn a_long_message_is_cut_between_characters_and_says_how_much() {
        let long = "é".repeat(100_000);
        let text = formatted(format_args!("{long}{}", "tail"));
        assert!(text.len() <= MESSAGE_BYTES_MAX);
        let (kept, mark) = text.split_once(" [").expect("a mark");
        assert!(kept.chars().all(|character| character == 'é'));
        assert_eq!(mark, format!("{} bytes cut]", 200_004 - kept.len()));
    }
}
