//! Begins and ends of one thread, matched into spans across the borders of blocks.

/// The span has not ended: `end` is the last known event of its stream.
pub(crate) const FLAG_OPEN: u32 = 1;
/// The end of the span is missing: `end` is the end of the nearest enclosing span that has one.
pub(crate) const FLAG_CLOSED_BY_HOLE: u32 = 2;

/// The id of the root row of a stream.
pub(crate) const ROOT_ID: i64 = -1;
/// The parent of the root row.
pub(crate) const ROOT_PARENT: i64 = 0;

/// Finished spans, column by column.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct SpanRows {
    pub(crate) id: Vec<i64>,
    pub(crate) parent: Vec<i64>,
    pub(crate) depth: Vec<u32>,
    pub(crate) begin: Vec<i64>,
    pub(crate) end: Vec<i64>,
    /// The index of the scope in the stream's scope table.
    pub(crate) scope: Vec<u32>,
    pub(crate) flags: Vec<u32>,
}

impl SpanRows {
    pub(crate) fn len(&self) -> usize {
        self.id.len()
    }

    fn push(&mut self, span: OpenSpan, depth: u32, end: i64, flags: u32) {
        self.id.push(span.id);
        self.parent.push(span.parent);
        self.depth.push(depth);
        self.begin.push(span.begin);
        self.end.push(end.max(span.begin));
        self.scope.push(span.scope);
        self.flags.push(flags);
    }
}

#[derive(Debug, Clone, Copy)]
struct OpenSpan {
    id: i64,
    parent: i64,
    begin: i64,
    scope: u32,
}

/// A span that is open where a block begins, as the block itself tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CarriedOpen {
    /// The number of its begin event in the stream.
    pub(crate) id: i64,
    /// When it began, in nanoseconds.
    pub(crate) begin: i64,
    pub(crate) scope: u32,
}

/// The stack of open spans of one stream. Feed it every event in order; rows come out when spans
/// end, so a row belongs to the block that holds its end.
///
/// - An end closes the innermost open span of the same scope. Spans inside it whose own end never
///   came were closed in a hole, and end with it.
/// - An end without a begin makes no row and moves no depth; it is counted.
/// - A block may tell which spans are open where it begins. What differs from the events seen so far
///   happened in a hole before it.
#[derive(Debug, Default)]
pub(crate) struct CallTree {
    stack: Vec<OpenSpan>,
    /// How many spans of each scope are open, so that an end without a begin costs no search.
    open_counts: Vec<u32>,
    first: Option<i64>,
    last: i64,
    unmatched_end_count: u64,
}

impl CallTree {
    /// A span begins. `id` is the event's number in its stream, times are nanoseconds.
    pub(crate) fn begin(&mut self, id: i64, time: i64, scope: u32) {
        self.saw(time);
        let parent = self.stack.last().map_or(ROOT_ID, |span| span.id);
        self.stack.push(OpenSpan { id, parent, begin: time, scope });
        let index = scope as usize;
        if self.open_counts.len() <= index {
            self.open_counts.resize(index + 1, 0);
        }
        self.open_counts[index] += 1;
    }

    /// A span ends; its row and those of the spans it closes go to `rows`.
    pub(crate) fn end(&mut self, time: i64, scope: u32, rows: &mut SpanRows) {
        self.saw(time);
        if self.open_counts.get(scope as usize).is_none_or(|count| *count == 0) {
            self.unmatched_end_count += 1;
            return;
        }
        while self.stack.last().is_some_and(|span| span.scope != scope) {
            self.close_innermost(time, FLAG_CLOSED_BY_HOLE, rows);
        }
        self.close_innermost(time, 0, rows);
    }

    /// A block begins at `time`, and these spans are open then, outermost first. Those that it does
    /// not name have ended in the hole before it, at the latest now; those that are new here have
    /// begun in it.
    pub(crate) fn resume(&mut self, carried: &[CarriedOpen], time: i64, rows: &mut SpanRows) {
        let pairs = self.stack.iter().zip(carried);
        let known = pairs.take_while(|(open, carried)| open.id == carried.id).count();
        while self.stack.len() > known {
            self.close_innermost(time, FLAG_CLOSED_BY_HOLE, rows);
        }
        for span in &carried[known..] {
            self.begin(span.id, span.begin, span.scope);
        }
    }

    /// Rows of what is still open, and the root row of the stream, whose scope is `root`.
    /// Nothing comes out of a stream without events. The tree itself is not changed.
    pub(crate) fn open_rows(&self, root: u32) -> SpanRows {
        let mut rows = SpanRows::default();
        let Some(first) = self.first else {
            return rows;
        };
        let thread = OpenSpan { id: ROOT_ID, parent: ROOT_PARENT, begin: first, scope: root };
        rows.push(thread, 0, self.last, 0);
        for (index, span) in self.stack.iter().enumerate() {
            rows.push(*span, index as u32 + 1, self.last, FLAG_OPEN);
        }
        rows
    }

    /// How many ends had no begin.
    pub(crate) fn unmatched_end_count(&self) -> u64 {
        self.unmatched_end_count
    }

    fn close_innermost(&mut self, time: i64, flags: u32, rows: &mut SpanRows) {
        let depth = self.stack.len() as u32;
        if let Some(span) = self.stack.pop() {
            self.open_counts[span.scope as usize] -= 1;
            rows.push(span, depth, time, flags);
        }
    }

    fn saw(&mut self, time: i64) {
        match self.first {
            None => {
                self.first = Some(time);
                self.last = time;
            }
            Some(first) => {
                self.first = Some(first.min(time));
                self.last = self.last.max(time);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds a tree from text: `+a` begins, `-a` ends; times count up from 0, as do ids.
    fn run(text: &str) -> (CallTree, SpanRows) {
        let (mut tree, mut rows) = (CallTree::default(), SpanRows::default());
        for (index, word) in text.split_whitespace().enumerate() {
            let (sign, name) = word.split_at(1);
            let scope = u32::from(name.as_bytes()[0]);
            match sign {
                "+" => tree.begin(index as i64, index as i64, scope),
                _ => tree.end(index as i64, scope, &mut rows),
            }
        }
        (tree, rows)
    }

    /// `name@depth begin..end #id<parent !flags`, one a line.
    fn render(rows: &SpanRows) -> Vec<String> {
        (0..rows.len())
            .map(|i| {
                let name = char::from(rows.scope[i] as u8);
                let flags =
                    if rows.flags[i] == 0 { String::new() } else { format!(" !{}", rows.flags[i]) };
                format!(
                    "{name}@{} {}..{} #{}<{}{flags}",
                    rows.depth[i], rows.begin[i], rows.end[i], rows.id[i], rows.parent[i]
                )
            })
            .collect()
    }

    #[test]
    fn spans_nest() {
        let (tree, rows) = run("+a +b -b +c -c -a +d -d");
        assert_eq!(
            render(&rows),
            ["b@2 1..2 #1<0", "c@2 3..4 #3<0", "a@1 0..5 #0<-1", "d@1 6..7 #6<-1"]
        );
        assert_eq!(tree.unmatched_end_count(), 0);
        assert_eq!(render(&tree.open_rows(u32::from(b'T'))), ["T@0 0..7 #-1<0"]);
    }

    #[test]
    fn recursion_closes_the_innermost() {
        let (_, rows) = run("+a +a -a -a");
        assert_eq!(render(&rows), ["a@2 1..2 #1<0", "a@1 0..3 #0<-1"]);
    }

    #[test]
    fn an_end_without_begin_makes_no_row_and_moves_no_depth() {
        let (tree, rows) = run("-x +a -y +b -b -a");
        assert_eq!(render(&rows), ["b@2 3..4 #3<1", "a@1 1..5 #1<-1"]);
        assert_eq!(tree.unmatched_end_count(), 2);
    }

    #[test]
    fn a_span_whose_end_is_missing_is_closed_by_the_enclosing_end() {
        let (_, rows) = run("+a +b +c -a");
        assert_eq!(render(&rows), ["c@3 2..3 #2<1 !2", "b@2 1..3 #1<0 !2", "a@1 0..3 #0<-1"]);
    }

    #[test]
    fn open_spans_end_with_the_last_known_event() {
        let (tree, rows) = run("+a +b -b +c");
        assert_eq!(render(&rows), ["b@2 1..2 #1<0"]);
        let open = tree.open_rows(u32::from(b'T'));
        assert_eq!(render(&open), ["T@0 0..3 #-1<0", "a@1 0..3 #0<-1 !1", "c@2 3..3 #3<0 !1"]);
    }

    fn carried(id: i64, name: char) -> CarriedOpen {
        CarriedOpen { id, begin: id, scope: u32::from(name) }
    }

    #[test]
    fn a_block_that_tells_its_stack_mends_what_a_hole_tore() {
        let (mut tree, mut rows) = run("+a +b +c");
        // `b` and `c` have ended since, and `d` has begun.
        tree.resume(&[carried(0, 'a'), carried(7, 'd')], 9, &mut rows);
        assert_eq!(render(&rows), ["c@3 2..9 #2<1 !2", "b@2 1..9 #1<0 !2"]);
        rows = SpanRows::default();
        tree.end(10, u32::from('d'), &mut rows);
        tree.end(11, u32::from('a'), &mut rows);
        assert_eq!(render(&rows), ["d@2 7..10 #7<0", "a@1 0..11 #0<-1"]);
    }

    #[test]
    fn a_block_that_tells_what_is_known_changes_nothing() {
        let (mut tree, mut rows) = run("+a +b");
        tree.resume(&[carried(0, 'a'), carried(1, 'b')], 5, &mut rows);
        assert_eq!(rows, SpanRows::default());
        let open = tree.open_rows(u32::from(b'T'));
        assert_eq!(render(&open), ["T@0 0..1 #-1<0", "a@1 0..1 #0<-1 !1", "b@2 1..1 #1<0 !1"]);
    }

    #[test]
    fn a_stream_whose_first_block_is_lost_goes_on_with_the_stack_of_the_second() {
        let (mut tree, mut rows) = (CallTree::default(), SpanRows::default());
        tree.resume(&[carried(3, 'a')], 10, &mut rows);
        tree.end(12, u32::from('a'), &mut rows);
        assert_eq!(render(&rows), ["a@1 3..12 #3<-1"]);
        assert_eq!(tree.unmatched_end_count(), 0);
    }

    #[test]
    fn a_stream_without_events_has_no_rows() {
        assert_eq!(CallTree::default().open_rows(0), SpanRows::default());
    }
}
