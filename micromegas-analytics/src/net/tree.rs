//! Begins and ends of network traffic, matched into spans across the borders of blocks.

use std::sync::Arc;

use micromegas_transit::NetSpanKind;

use super::NetRows;
use super::rows::NetSpan;

/// The parent of connections.
const ROOT_PARENT: i64 = -1;

/// A begin or an end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NetEvent<'a> {
    /// The number of the event in its stream.
    pub(crate) id: i64,
    pub(crate) kind: NetSpanKind,
    /// Empty for ends.
    pub(crate) name: &'a str,
    pub(crate) is_outgoing: bool,
    /// 0 for begins.
    pub(crate) bit_size: i64,
    /// Nanoseconds.
    pub(crate) time: i64,
}

#[derive(Debug)]
struct OpenSpan {
    id: i64,
    kind: NetSpanKind,
    name: Arc<str>,
    begin_bits: i64,
    /// Bits of the spans inside that have ended.
    consumed_bits: i64,
    time: i64,
    is_outgoing: bool,
}

/// The stack of open spans of one stream. Feed it every event in order; rows come out when spans
/// end.
///
/// A span without its end has no size and makes no row. What was lost costs only itself: an end
/// closes the innermost open span of its kind, and the begin of a connection, which nothing can
/// contain, closes all.
#[derive(Debug, Default)]
pub(crate) struct NetTree {
    stack: Vec<OpenSpan>,
    lost_count: u64,
}

impl NetTree {
    /// A span begins.
    pub(crate) fn begin(&mut self, event: &NetEvent<'_>) {
        if event.kind == NetSpanKind::Connection {
            self.drop_from(0);
        }
        let parent = self.stack.last();
        let begin_bits =
            parent.map_or(0, |span| span.begin_bits.saturating_add(span.consumed_bits));
        self.stack.push(OpenSpan {
            id: event.id,
            kind: event.kind,
            name: event.name.into(),
            begin_bits,
            consumed_bits: 0,
            time: event.time,
            is_outgoing: event.is_outgoing,
        });
    }

    /// A span ends; its row goes to `rows`.
    pub(crate) fn end(&mut self, event: &NetEvent<'_>, rows: &mut NetRows) {
        let Some(place) = self.stack.iter().rposition(|span| span.kind == event.kind) else {
            self.lost_count += 1;
            return;
        };
        self.drop_from(place + 1);
        let Some(span) = self.stack.pop() else {
            return;
        };
        if let Some(parent) = self.stack.last_mut() {
            parent.consumed_bits = parent.consumed_bits.saturating_add(event.bit_size);
        }
        let root = self.stack.first().unwrap_or(&span);
        let connection_name = match root.kind {
            NetSpanKind::Connection => Arc::clone(&root.name),
            _ => Arc::default(),
        };
        rows.push(NetSpan {
            id: span.id,
            parent: self.stack.last().map_or(ROOT_PARENT, |parent| parent.id),
            depth: self.stack.len() as u32,
            kind: span.kind,
            connection_name,
            is_outgoing: root.is_outgoing,
            name: span.name,
            begin_bits: span.begin_bits,
            bit_size: event.bit_size,
            begin_time: span.time,
            end_time: event.time.max(span.time),
        });
    }

    /// How many begins and ends had no other.
    pub(crate) fn lost_count(&self) -> u64 {
        self.lost_count + self.stack.len() as u64
    }

    fn drop_from(&mut self, place: usize) {
        self.lost_count += self.stack.len().saturating_sub(place) as u64;
        self.stack.truncate(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds a tree from text: `+c` begins a connection, `-c7` ends it with 7 bits; `o`, `p` and
    /// `r` are objects, properties and calls. Ids and times count up from 0.
    fn run(text: &str) -> (Vec<String>, u64) {
        let (mut tree, mut rows) = (NetTree::default(), NetRows::default());
        for (id, word) in (0..).zip(text.split_whitespace()) {
            let kind = match &word[1..2] {
                "c" => NetSpanKind::Connection,
                "o" => NetSpanKind::Object,
                "p" => NetSpanKind::Property,
                _ => NetSpanKind::Rpc,
            };
            let bit_size = word[2..].parse().unwrap_or(0);
            let name = if word.starts_with('+') { &word[1..2] } else { "" };
            let event = NetEvent { id, kind, name, is_outgoing: true, bit_size, time: id };
            match &word[..1] {
                "+" => tree.begin(&event),
                "-" => tree.end(&event, &mut rows),
                _ => {
                    tree.begin(&event);
                    tree.end(&event, &mut rows);
                }
            }
        }
        let line = |span: &NetSpan| {
            format!(
                "{}@{} bits {}+{} #{}<{} {}..{} in {}",
                span.kind.as_str(),
                span.depth,
                span.begin_bits,
                span.bit_size,
                span.id,
                span.parent,
                span.begin_time,
                span.end_time,
                span.connection_name,
            )
        };
        (rows.spans().iter().map(line).collect(), tree.lost_count())
    }

    #[test]
    fn children_follow_their_siblings_by_bits() {
        let (rows, lost) = run("+c =p3 +o =p4 =p5 -o10 +r -r6 -c30");
        assert_eq!(
            rows,
            [
                "property@1 bits 0+3 #1<0 1..1 in c",
                "property@2 bits 3+4 #3<2 3..3 in c",
                "property@2 bits 7+5 #4<2 4..4 in c",
                "object@1 bits 3+10 #2<0 2..5 in c",
                "rpc@1 bits 13+6 #6<0 6..7 in c",
                "connection@0 bits 0+30 #0<-1 0..8 in c",
            ]
        );
        assert_eq!(lost, 0);
    }

    #[test]
    fn what_is_lost_costs_only_itself() {
        // An end of an object is missing, then an end has no begin, then a connection never ends.
        let (rows, lost) = run("+c +o -c9 -o1 +c +o +c -c2");
        assert_eq!(
            rows,
            ["connection@0 bits 0+9 #0<-1 0..2 in c", "connection@0 bits 0+2 #6<-1 6..7 in c"]
        );
        assert_eq!(lost, 4);
    }

    #[test]
    fn spans_outside_connections_have_no_connection_name() {
        assert_eq!(run("+o -o5").0, ["object@0 bits 0+5 #0<-1 0..1 in "]);
    }
}
