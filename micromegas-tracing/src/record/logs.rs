//! Records of a log buffer.
#![expect(unsafe_code, reason = "words are read as the records they are")]

use crate::buffer::Kind;
use crate::level::Level;
use crate::metadata::LogMetadata;
use crate::record::extra::{EXTRA_WORDS, PackedExtra};
use crate::record::words::{Record, descriptor, tag_of, take, take_bytes};
use crate::stats::Counts;

pub(crate) const CONSTANT_TEXT: usize = 0;
pub(crate) const FORMATTED_TEXT: usize = 1;
pub(crate) const TAGGED_CONSTANT: usize = 2;
pub(crate) const TAGGED_TEMPLATE: usize = 3;
pub(crate) const TAGGED_TEXT: usize = 4;
pub(crate) const FOREIGN_TEXT: usize = 5;

/// Words before the text of a log entry without properties.
pub(crate) const TEXT_HEAD_WORDS: usize = 3;
/// Words before the bytes of one with properties, or of another library.
pub(crate) const TAGGED_TEXT_HEAD_WORDS: usize = 2 + EXTRA_WORDS;

const LEVEL_SHIFT: u32 = 4;

/// The first word of an entry of another library.
pub(crate) fn foreign_head(level: Level) -> u64 {
    ((level as u64) << LEVEL_SHIFT) + FOREIGN_TEXT as u64
}

/// An event of a log buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogRecord<'a> {
    pub(crate) time: i64,
    pub(crate) form: LogForm<'a>,
}

/// How an entry's parts lie in its record; text, where there is any, is the end of an extra.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LogForm<'a> {
    Constant(&'static LogMetadata),
    Formatted(&'static LogMetadata, &'a [u8]),
    TaggedConstant(&'static LogMetadata, PackedExtra<'a>),
    TaggedTemplate(&'static LogMetadata, PackedExtra<'a>),
    TaggedText(&'static LogMetadata, PackedExtra<'a>),
    /// The extra's name is the target.
    Foreign(Level, PackedExtra<'a>),
}

impl<'a> Record<'a> for LogRecord<'a> {
    const KIND: Kind = Kind::Logs;

    fn time(&self) -> i64 {
        self.time
    }

    fn note(&self, counts: &mut Counts) {
        counts.logs += 1;
    }

    unsafe fn read(words: &mut &'a [u64]) -> Option<Self> {
        let [head, time] = take(words)?;
        let tag = tag_of(head);
        let mut extra = || {
            // SAFETY: by the contract of `read`, an extra follows a head with such a tag.
            unsafe { PackedExtra::take(words) }
        };
        let form = if tag == FOREIGN_TEXT {
            let level = Level::from_number((head >> LEVEL_SHIFT) as u8);
            LogForm::Foreign(level, extra()?)
        } else {
            // SAFETY: by the contract of `read`, the head is that of a log descriptor.
            let metadata = unsafe { descriptor(head) };
            match tag {
                CONSTANT_TEXT => LogForm::Constant(metadata),
                TAGGED_CONSTANT => LogForm::TaggedConstant(metadata, extra()?),
                TAGGED_TEMPLATE => LogForm::TaggedTemplate(metadata, extra()?),
                TAGGED_TEXT => LogForm::TaggedText(metadata, extra()?),
                _ => {
                    let [bytes] = take(words)?;
                    LogForm::Formatted(metadata, take_bytes(words, bytes as usize)?)
                }
            }
        };
        Some(Self { time: time as i64, form })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::CallSite;
    use crate::record::{Records, head};

    const SITE: CallSite = CallSite { target: "t", module_path: "m", file: "f", line: 1 };

    #[test]
    fn text_keeps_its_length() {
        static LOG: LogMetadata = LogMetadata::new(Level::Info, "{}", SITE);
        let words = [
            head(&LOG, FORMATTED_TEXT),
            1,
            9,
            u64::from_ne_bytes(*b"nine byt"),
            u64::from_ne_bytes(*b"e\0\0\0\0\0\0\0"),
            head(&LOG, CONSTANT_TEXT),
            2,
        ];
        // SAFETY: two log records, as written above.
        let mut records = unsafe { Records::<LogRecord<'_>>::new(&words) };
        let text = records.next().expect("an entry");
        assert!(matches!(text.form, LogForm::Formatted(_, b"nine byte")));
        assert!(matches!(records.next().expect("an entry").form, LogForm::Constant(_)));
        assert!(records.next().is_none());
    }
}
