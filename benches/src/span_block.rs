//! A block of thread spans as a program leaves it.

use micromegas_transit::types::{
    BeginThreadSpanEvent, EndThreadSpanEvent, SpanRecord, StaticStringDependency, thread,
};
use micromegas_transit::{RecordQueue, ReflectDynamic};

use crate::random::Random;

/// Depth that the walk does not exceed.
const DEPTH_MAX: usize = 30;

/// The record buffers of a block of a thread's stream, before compression.
#[derive(Debug)]
pub struct SpanBlock {
    /// Strings and descriptors.
    pub dependencies: Vec<u8>,
    /// Begins and ends.
    pub objects: Vec<u8>,
    /// How many begins and ends.
    pub event_count: usize,
}

impl SpanBlock {
    /// A random walk through a call tree: at each step a span of one of `descriptor_count`
    /// functions begins, or the innermost one ends, 20 to 2,067 ticks after the step before. The
    /// same arguments give the same bytes.
    pub fn random_walk(event_count: usize, descriptor_count: u64) -> Self {
        let step = |random: &mut Random| 20 + i64::from(random.next() as u32 % 2048);
        Self::walk(event_count, descriptor_count, step)
    }

    /// The same walk, but with steps at independent times, `mean_ticks` apart on average.
    pub fn at_rate(event_count: usize, descriptor_count: u64, mean_ticks: f64) -> Self {
        let step = |random: &mut Random| random.exponential(mean_ticks) as i64;
        Self::walk(event_count, descriptor_count, step)
    }

    fn walk(event_count: usize, descriptor_count: u64, step: impl Fn(&mut Random) -> i64) -> Self {
        let mut random = Random::new();
        let mut objects = RecordQueue::new();
        let mut open = Vec::with_capacity(DEPTH_MAX);
        let mut time = 1_000_000_000_000;
        for _ in 0..event_count {
            time += step(&mut random);
            let begins =
                open.is_empty() || (open.len() < DEPTH_MAX && random.next().is_multiple_of(2));
            if begins {
                let thread_span_desc = span_id(random.next() % descriptor_count);
                open.push(thread_span_desc);
                let begin = BeginThreadSpanEvent { thread_span_desc, time };
                objects.push(thread::BEGIN_THREAD_SPAN_EVENT, &begin);
            } else if let Some(thread_span_desc) = open.pop() {
                let end = EndThreadSpanEvent { thread_span_desc, time };
                objects.push(thread::END_THREAD_SPAN_EVENT, &end);
            }
        }
        let dependencies = dependencies(descriptor_count).into_bytes();
        Self { dependencies, objects: objects.into_bytes(), event_count }
    }
}

/// Strings 1 and 2 are target and file; then each function has a name and a descriptor.
fn dependencies(descriptor_count: u64) -> RecordQueue {
    let (target, file) = (1, 2);
    let mut queue = RecordQueue::new();
    let mut push_string = |id, text: &str| {
        queue.push_dynamic(thread::STATIC_STRING, |payload| {
            StaticStringDependency { id, text }.write_to(payload);
        });
    };
    push_string(target, "benches::random_walk");
    push_string(file, "benches/src/random_walk.rs");
    for index in 0..descriptor_count {
        push_string(name_id(index), &format!("benches::random_walk::function_{index}"));
    }
    for index in 0..descriptor_count {
        let (id, name) = (span_id(index), name_id(index));
        let span = SpanRecord { id, name, target, file, line: index as u32, lod: 0 };
        queue.push(thread::SPAN, &span);
    }
    queue
}

fn name_id(index: u64) -> u64 {
    3 + 2 * index
}

fn span_id(index: u64) -> u64 {
    4 + 2 * index
}

#[cfg(test)]
mod tests {
    use micromegas_transit::types::thread_stream_layout;
    use micromegas_transit::{Limits, Payload, StreamPlan, compress_frame};

    use super::*;

    #[test]
    fn the_walk_decodes_to_nested_spans() {
        let block = SpanBlock::random_walk(1_000, 60);
        let payload = Payload {
            dependencies: compress_frame(&block.dependencies).into(),
            objects: compress_frame(&block.objects).into(),
        };
        let limits = Limits::default();
        let plan = StreamPlan::compile(&thread_stream_layout(), &limits).unwrap();
        let spans = plan.open(&payload, &limits).unwrap().thread_spans();
        assert!(spans.losses.is_empty());
        let columns = spans.columns;
        assert_eq!(columns.ticks.len(), block.event_count);
        assert!(columns.ticks.is_sorted());
        let mut open = Vec::new();
        for (&is_begin, &scope) in columns.is_begin.iter().zip(&columns.scope) {
            if is_begin {
                open.push(scope);
            } else {
                assert_eq!(open.pop(), Some(scope));
            }
        }
    }
}
