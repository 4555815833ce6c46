//! The call graph of spans.

use std::collections::HashMap;

/// A span, clipped to the range of time that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GraphSpan {
    /// Grows in the order of begins within a thread; the thread itself is -1.
    pub(super) id: i64,
    /// 0 for the thread itself.
    pub(super) depth: u32,
    /// The number of its function.
    pub(super) function: u32,
    /// Nanoseconds.
    pub(super) duration: i64,
}

/// What calls have in common. Times are nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Calls {
    pub(super) count: u64,
    /// Time in calls; of calls within calls of the same, the time of the outermost.
    pub(super) total: i64,
    /// Time in calls, without the time in calls from there.
    pub(super) own: i64,
    /// The shortest call.
    pub(super) min: i64,
    /// The longest call.
    pub(super) max: i64,
}

impl Default for Calls {
    fn default() -> Self {
        Self { count: 0, total: 0, own: 0, min: i64::MAX, max: 0 }
    }
}

impl Calls {
    fn add(&mut self, duration: i64, own: i64, is_outermost: bool) {
        self.count += 1;
        if is_outermost {
            self.total = self.total.saturating_add(duration);
        }
        self.own = self.own.saturating_add(own);
        self.min = self.min.min(duration);
        self.max = self.max.max(duration);
    }
}

/// Functions by number, and calls by the numbers of caller and callee.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: HashMap<u32, Calls>,
    pub(super) edges: HashMap<(u32, u32), Calls>,
}

/// A span of the stack.
struct Frame {
    span: GraphSpan,
    /// Time in the spans right inside.
    inner: i64,
    is_outermost: bool,
    is_outermost_edge: bool,
}

impl Graph {
    /// Adds all spans of one thread, which are put into the order of their begins.
    pub(super) fn add_thread(&mut self, spans: &mut [GraphSpan]) {
        spans.sort_unstable_by_key(|span| span.id);
        let mut stack: Vec<Frame> = Vec::new();
        // How often functions and edges are on the stack.
        let mut functions: HashMap<u32, u32> = HashMap::new();
        let mut edges: HashMap<(u32, u32), u32> = HashMap::new();
        for span in spans.iter() {
            while stack.last().is_some_and(|frame| frame.span.depth >= span.depth) {
                self.end_innermost(&mut stack, &mut functions, &mut edges);
            }
            let caller = stack.last_mut().map(|caller| {
                caller.inner = caller.inner.saturating_add(span.duration);
                caller.span.function
            });
            let on_stack = functions.entry(span.function).or_default();
            *on_stack += 1;
            let is_outermost = *on_stack == 1;
            let is_outermost_edge = caller.is_none_or(|caller| {
                let on_stack = edges.entry((caller, span.function)).or_default();
                *on_stack += 1;
                *on_stack == 1
            });
            stack.push(Frame { span: *span, inner: 0, is_outermost, is_outermost_edge });
        }
        while !stack.is_empty() {
            self.end_innermost(&mut stack, &mut functions, &mut edges);
        }
    }

    fn end_innermost(
        &mut self,
        stack: &mut Vec<Frame>,
        functions: &mut HashMap<u32, u32>,
        edges: &mut HashMap<(u32, u32), u32>,
    ) {
        let Some(Frame { span, inner, is_outermost, is_outermost_edge }) = stack.pop() else {
            return;
        };
        let own = span.duration.saturating_sub(inner).max(0);
        self.nodes.entry(span.function).or_default().add(span.duration, own, is_outermost);
        if let Some(on_stack) = functions.get_mut(&span.function) {
            *on_stack = on_stack.saturating_sub(1);
        }
        if let Some(caller) = stack.last() {
            let edge = (caller.span.function, span.function);
            self.edges.entry(edge).or_default().add(span.duration, own, is_outermost_edge);
            if let Some(on_stack) = edges.get_mut(&edge) {
                *on_stack = on_stack.saturating_sub(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spans out of lines `function depth duration`, in the order of begins.
    fn graph(threads: &[&[(u32, u32, i64)]]) -> Graph {
        let mut graph = Graph::default();
        for thread in threads {
            let spans = (-1..).zip(thread.iter());
            let mut spans: Vec<GraphSpan> = spans
                .map(|(id, (function, depth, duration))| GraphSpan {
                    id,
                    function: *function,
                    depth: *depth,
                    duration: *duration,
                })
                .collect();
            // Spans come in the order of their ends.
            spans.reverse();
            graph.add_thread(&mut spans);
        }
        graph
    }

    fn calls(count: u64, total: i64, own: i64, min: i64, max: i64) -> Calls {
        Calls { count, total, own, min, max }
    }

    #[test]
    fn self_time_is_what_is_not_spent_in_calls() {
        let graph = graph(&[
            &[(0, 0, 100), (1, 1, 60), (2, 2, 20), (2, 2, 30), (1, 1, 10)],
            &[(9, 0, 7), (2, 1, 5)],
        ]);
        assert_eq!(graph.nodes[&0], calls(1, 100, 30, 100, 100));
        assert_eq!(graph.nodes[&1], calls(2, 70, 20, 10, 60));
        assert_eq!(graph.nodes[&2], calls(3, 55, 55, 5, 30));
        assert_eq!(graph.edges[&(0, 1)], calls(2, 70, 20, 10, 60));
        assert_eq!(graph.edges[&(1, 2)], calls(2, 50, 50, 20, 30));
        assert_eq!(graph.edges[&(9, 2)], calls(1, 5, 5, 5, 5));
        assert_eq!((graph.nodes.len(), graph.edges.len()), (4, 3));
    }

    #[test]
    fn recursion_counts_time_once() {
        let graph = graph(&[&[(0, 0, 100), (1, 1, 80), (1, 2, 50), (1, 3, 10), (1, 1, 5)]]);
        assert_eq!(graph.nodes[&1], calls(4, 85, 85, 5, 80));
        assert_eq!(graph.edges[&(0, 1)], calls(2, 85, 35, 5, 80));
        assert_eq!(graph.edges[&(1, 1)], calls(2, 50, 50, 10, 50));
    }
}
