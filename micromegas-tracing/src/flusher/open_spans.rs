//! The spans that are open at a point of a thread's stream.

use crate::flusher::dependencies::Dependencies;
use crate::metadata::SpanMetadata;
use crate::record::SpanRecord;
use micromegas_transit::planar::CarriedSpan;
use std::ptr;

/// Spans nested deeper than this, or never ended, are not tracked.
const DEPTH_MAX: usize = 4096;

/// The stack of a thread, as its stream tells it.
///
/// An end closes the innermost open span with its descriptor, and with it those inside. After lost
/// events, spans that were open before may have ended unseen: the stack is not known until an event
/// proves all of them closed.
#[derive(Debug, Default)]
pub(super) struct OpenSpans {
    /// Outermost first.
    stack: Vec<OpenSpan>,
    /// How many of the outermost may have ended unseen.
    uncertain: usize,
    /// The stack has become too deep to be tracked.
    is_given_up: bool,
}

#[derive(Debug)]
struct OpenSpan {
    event_id: i64,
    metadata: &'static SpanMetadata,
    /// In place of the descriptor's; empty without.
    name: Box<str>,
    begin: i64,
}

impl OpenSpan {
    #[inline(always)]
    fn is_of(&self, metadata: &'static SpanMetadata, name: &str) -> bool {
        // Most names are empty, and comparing no bytes is not for free: some processors take a
        // hundred nanoseconds over a masked load from where nothing is, even if all is masked.
        ptr::eq(self.metadata, metadata)
            && self.name.len() == name.len()
            && (name.is_empty() || *self.name == *name)
    }
}

impl OpenSpans {
    /// Takes note of the stream's next event, and of a name of its own.
    #[inline(always)]
    pub(super) fn note(&mut self, event_id: i64, event: &SpanRecord<'_>, name: &str) {
        if event.future.is_some() {
            return;
        }
        let SpanRecord { metadata, time, is_begin, .. } = *event;
        if is_begin {
            self.begin(OpenSpan { event_id, metadata, name: name.into(), begin: time });
        } else {
            self.end(metadata, name);
        }
    }

    #[inline(always)]
    fn begin(&mut self, span: OpenSpan) {
        if self.stack.len() == DEPTH_MAX {
            self.is_given_up = true;
        }
        if !self.is_given_up {
            self.stack.push(span);
        }
    }

    /// Most ends are those of the innermost span.
    #[inline(always)]
    fn end(&mut self, metadata: &'static SpanMetadata, name: &str) {
        let is_known = self.uncertain < self.stack.len();
        if !is_known || self.stack.pop_if(|span| span.is_of(metadata, name)).is_none() {
            self.end_outer(metadata, name);
        }
    }

    #[inline(never)]
    fn end_outer(&mut self, metadata: &'static SpanMetadata, name: &str) {
        if let Some(place) = self.stack.iter().rposition(|span| span.is_of(metadata, name)) {
            self.stack.truncate(place);
            self.uncertain = self.uncertain.min(place);
        }
    }

    /// Events were lost here.
    pub(super) fn lose_track(&mut self) {
        self.uncertain = self.stack.len();
    }

    /// The stack as a block carries it, whose dependencies will hold the descriptors.
    pub(super) fn carried(&self, dependencies: &mut Dependencies) -> Option<Vec<CarriedSpan>> {
        let carried = self.known()?.iter().map(|span| CarriedSpan {
            event_id: span.event_id,
            descriptor: dependencies.named_span(span.metadata, &span.name),
            begin: span.begin,
        });
        Some(carried.collect())
    }

    fn known(&self) -> Option<&[OpenSpan]> {
        (!self.is_given_up && self.uncertain == 0).then_some(&self.stack)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::CallSite;

    const SITE: CallSite = CallSite { target: "t", module_path: "t", file: "f.rs", line: 3 };
    static A: SpanMetadata = SpanMetadata::new("a", SITE);
    static B: SpanMetadata = SpanMetadata::new("b", SITE);
    static C: SpanMetadata = SpanMetadata::new("c", SITE);

    fn event(metadata: &'static SpanMetadata, time: i64, is_begin: bool) -> SpanRecord<'static> {
        SpanRecord { metadata, time, is_begin, future: None, extra: None, trace_id: None }
    }

    /// What is open after the events of a text: `+a` begins, `-a` ends, `?` loses events; what
    /// follows the letter is a name of its own. Event ids count up from 0, times are ten times that.
    fn open_after(text: &str) -> Option<Vec<(i64, i64)>> {
        let mut open = OpenSpans::default();
        for (event_id, word) in (0..).zip(text.split_whitespace()) {
            let (sign, name) = word.split_at(1);
            let (letter, own_name) = name.split_at(name.len().min(1));
            let metadata = match letter {
                "a" => &A,
                "b" => &B,
                _ => &C,
            };
            let (time, is_begin) = (10 * event_id, sign == "+");
            match sign {
                "?" => open.lose_track(),
                _ => open.note(event_id, &event(metadata, time, is_begin), own_name),
            }
        }
        Some(open.known()?.iter().map(|span| (span.event_id, span.begin)).collect())
    }

    #[test]
    fn the_stack_follows_begins_and_ends() {
        assert_eq!(open_after(""), Some(vec![]));
        assert_eq!(open_after("+a +b -b +c"), Some(vec![(0, 0), (3, 30)]));
        assert_eq!(open_after("+a +a -a"), Some(vec![(0, 0)]));
        assert_eq!(open_after("+a +b -b -a"), Some(vec![]));
    }

    #[test]
    fn spans_of_one_place_are_told_apart_by_their_names() {
        assert_eq!(open_after("+a1 +a2 -a1"), Some(vec![]));
        assert_eq!(open_after("+a1 +a2 -a3"), Some(vec![(0, 0), (1, 10)]));
        assert_eq!(open_after("+a1 +a -a"), Some(vec![(0, 0)]));
    }

    #[test]
    fn an_end_closes_what_is_inside_and_one_without_begin_nothing() {
        assert_eq!(open_after("+a +b +c -b"), Some(vec![(0, 0)]));
        assert_eq!(open_after("-c +a -b"), Some(vec![(1, 10)]));
    }

    #[test]
    fn lost_events_make_it_unknown_until_all_that_was_open_is_closed() {
        assert_eq!(open_after("+a +b ?"), None);
        assert_eq!(open_after("+a +b ? -b +c"), None);
        assert_eq!(open_after("+a +b ? +c -a +b"), Some(vec![(5, 50)]));
        assert_eq!(open_after("+a -a ? +c"), Some(vec![(3, 30)]));
    }

    #[test]
    fn what_never_ends_is_given_up() {
        let deep = "+a ".repeat(DEPTH_MAX);
        assert_eq!(open_after(&deep).map(|open| open.len()), Some(DEPTH_MAX));
        assert_eq!(open_after(&(deep + "+b -b")), None);
    }
}
