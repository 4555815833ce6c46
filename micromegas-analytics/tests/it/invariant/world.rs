//! Processes with their streams, what they record, and what of it has arrived.

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use micromegas_transit::types::{log_stream_layout, metric_stream_layout, thread_stream_layout};
use micromegas_transit::{Block, Payload, ProcessInfo, StreamInfo, StreamLayout, TickRange};
use proptest::prelude::*;
use uuid::Uuid;

use super::other_client;
use crate::fixture::{Event, START_TIME, TestProcess, encode, encode_planar};

/// How many processes there are: two of our client, one of another.
pub(super) const PROCESS_COUNT: usize = 3;
/// Streams of each process: log, metrics and two threads.
pub(super) const STREAM_COUNT: usize = 4;

/// The clock of a process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    /// 0 if it does not say.
    pub(super) frequency: i64,
    pub(super) start_ticks: i64,
}

/// Any clock.
pub(super) fn clock() -> impl Strategy<Value = Clock> {
    let frequency =
        prop_oneof![Just(1_000_000_000), Just(0), Just(24_000_000), Just(2_499_998_000), Just(3)];
    let start_ticks = prop_oneof![Just(1_000), Just(0), Just(-77), Just(1_i64 << 50)];
    (frequency, start_ticks).prop_map(|(frequency, start_ticks)| Clock { frequency, start_ticks })
}

/// An event, before it is known of what stream it will be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sketch {
    pub(super) kind: u8,
    pub(super) ticks: i16,
    pub(super) pick: u8,
}

/// Any events.
pub(super) fn sketches() -> impl Strategy<Value = Vec<Sketch>> {
    let sketch = (any::<u8>(), any::<i16>(), any::<u8>()).prop_map(|(kind, ticks, pick)| Sketch {
        kind,
        ticks,
        pick,
    });
    prop::collection::vec(sketch, 0..7)
}

/// What a stream holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Log,
    Metrics,
    Thread,
}

/// A block as it was sent.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) stream: usize,
    pub(super) block: Block,
    pub(super) events: Vec<Event>,
    /// The spans that the block says are open where it begins.
    pub(super) carried: Option<Vec<(i64, i64, String)>>,
    /// Whether nobody can read it.
    pub(super) is_corrupt: bool,
}

/// A process.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) info: ProcessInfo,
    pub(super) is_ours: bool,
    next_span_id: u64,
}

impl Process {
    /// The same in nanoseconds since the Unix epoch, computed as plainly as possible.
    pub(super) fn nanoseconds(&self, block: &Block, ticks: i64) -> i64 {
        let ns = |time: DateTime<Utc>| i128::from(time.timestamp_nanos_opt().unwrap());
        let (origin, elapsed, numerator, denominator) = if self.info.tsc_frequency > 0 {
            let elapsed = i128::from(ticks) - i128::from(self.info.start_ticks);
            let frequency = i128::from(self.info.tsc_frequency);
            (ns(self.info.start_time), elapsed, 1_000_000_000, frequency)
        } else {
            let begin = i128::from(self.info.start_ticks) + i128::from(block.begin_ticks);
            let elapsed = i128::from(ticks) - begin;
            let ticks = i128::from(block.end_ticks) - i128::from(block.begin_ticks);
            let time = ns(block.end_time) - ns(block.begin_time);
            let (time, ticks) = if ticks > 0 && time > 0 { (time, ticks) } else { (0, 1) };
            (ns(block.begin_time), elapsed, time, ticks)
        };
        let time = origin + (elapsed * numerator).div_euclid(denominator);
        time.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
    }
}

/// A stream.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) info: StreamInfo,
    pub(super) kind: Kind,
    pub(super) process: usize,
    next_offset: i64,
    skipped: u64,
    ticks: i64,
    open: Vec<(i64, i64, String)>,
}

/// All processes and streams.
#[derive(Debug)]
pub(super) struct World {
    pub(super) processes: Vec<Process>,
    pub(super) streams: Vec<Stream>,
    number: usize,
}

const NAMES: [&str; 3] = ["alpha", "beta", "gamma"];
const UNITS: [&str; 3] = ["count", "ticks", "bytes"];
const INTEGERS: [u64; 6] = [0, 1, 1 << 53, (1 << 53) + 1, 12_345, u64::MAX];
const FLOATS: [f64; 6] = [0.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1e300, 3.0];

impl World {
    pub(super) fn new(clocks: [Clock; PROCESS_COUNT]) -> Self {
        let (mut processes, mut streams) = (Vec::new(), Vec::new());
        for (index, clock) in clocks.into_iter().enumerate() {
            let mut info = TestProcess::new().info;
            let is_ours = index != PROCESS_COUNT - 1;
            info.tsc_frequency = clock.frequency;
            info.start_ticks = if is_ours { clock.start_ticks } else { clock.start_ticks.max(0) };
            let layouts: [StreamLayout; 3] = match is_ours {
                true => [log_stream_layout(), metric_stream_layout(), thread_stream_layout()],
                false => [
                    other_client::log_layout(),
                    other_client::metric_layout(),
                    other_client::thread_layout(),
                ],
            };
            let kinds = [Kind::Log, Kind::Metrics, Kind::Thread, Kind::Thread];
            for (number, kind) in kinds.into_iter().enumerate() {
                let (tag, layout) = match kind {
                    Kind::Log => ("log", &layouts[0]),
                    Kind::Metrics => ("metrics", &layouts[1]),
                    Kind::Thread => ("cpu", &layouts[2]),
                };
                let properties = [("thread-name", "worker"), ("thread-id", "7")];
                let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
                streams.push(Stream {
                    info: StreamInfo {
                        process_id: info.process_id,
                        stream_id: Uuid::new_v4(),
                        layout: layout.clone(),
                        tags: vec![tag.to_owned()],
                        properties: properties.into_iter().map(owned).collect(),
                    },
                    kind,
                    process: index,
                    next_offset: 0,
                    skipped: 0,
                    ticks: info.start_ticks + number as i64,
                    open: Vec::new(),
                });
            }
            processes.push(Process { info, is_ours, next_span_id: 1 });
        }
        Self { processes, streams, number: 0 }
    }

    /// The process records into a stream; `times` is what its client declares of the block, if it
    /// declares what is not so.
    pub(super) fn record(&mut self, stream: usize, sketches: &[Sketch], times: (i16, i16)) -> Sent {
        let process = &mut self.processes[self.streams[stream].process];
        let open = &mut self.streams[stream];
        let carried = open.open.clone();
        let mut events = Vec::new();
        for sketch in sketches {
            self.number += 1;
            let event = event(process, open, self.number, events.len(), sketch);
            events.push(event);
        }
        let is_planar = process.is_ours && times.0 % 2 == 0;
        let (payload, carried) = if is_planar {
            let spans: Vec<_> =
                carried.iter().map(|(id, begin, name)| (*id, *begin, name.as_str())).collect();
            (encode_planar(&open.info.layout, &events, &spans), Some(carried))
        } else if process.is_ours {
            (encode(&events), None)
        } else {
            (other_client::encode(&events), None)
        };
        let ticks = || events.iter().map(Event::ticks);
        let bounds = ticks().min().zip(ticks().max());
        let relative = |ticks: i64| ticks - process.info.start_ticks;
        let (begin, end) = match (process.is_ours, bounds) {
            (true, Some((least, greatest))) => (relative(least), relative(greatest)),
            _ => (i64::from(times.0), i64::from(times.1)),
        };
        let time = |ticks: i64| START_TIME + TimeDelta::nanoseconds(ticks * 7 + 3);
        let block = Block {
            block_id: Uuid::new_v4(),
            stream_id: open.info.stream_id,
            process_id: open.info.process_id,
            begin_time: time(begin),
            begin_ticks: begin,
            end_time: time(end),
            end_ticks: end,
            payload: payload.to_raw(),
            object_offset: open.next_offset,
            event_count: events.len() as i32,
            event_ticks: bounds
                .filter(|_| process.is_ours)
                .map(|(least, greatest)| TickRange { least, greatest }),
            skipped_events: if process.is_ours { open.skipped as _ } else { 0 },
        };
        open.next_offset += events.len() as i64;
        open.skipped = 0;
        Sent { stream, block, events, carried, is_corrupt: false }
    }

    /// The block leaves a hole in its stream.
    pub(super) fn lose(&mut self, sent: &Sent) {
        self.streams[sent.stream].skipped += sent.events.len() as u64;
    }
}

impl Sent {
    /// Its bytes are damaged on the way.
    pub(super) fn corrupted(mut self) -> Self {
        let garbage = Bytes::from_static(b"not an LZ4 frame");
        self.block.payload = Payload { dependencies: garbage.clone(), objects: garbage }.to_raw();
        self.is_corrupt = true;
        self
    }
}

fn event(
    process: &mut Process,
    stream: &mut Stream,
    number: usize,
    index: usize,
    sketch: &Sketch,
) -> Event {
    let pick = usize::from(sketch.pick);
    let is_ours = process.is_ours;
    let unordered = {
        let ticks = process.info.start_ticks.saturating_add(i64::from(sketch.ticks) * 1_001);
        if is_ours { ticks } else { ticks.abs() }
    };
    match stream.kind {
        Kind::Log => {
            let message = if pick == 0 { String::new() } else { format!("m{number} ü") };
            Event::Log { ticks: unordered, level: u32::from(sketch.kind % 6) + 1, message }
        }
        Kind::Metrics => {
            let (ticks, name) = (unordered, NAMES[pick % 3]);
            if sketch.kind.is_multiple_of(2) {
                let (unit, value) = (UNITS[usize::from(sketch.kind / 2) % 3], INTEGERS[pick % 6]);
                Event::Integer { ticks, name, unit, value }
            } else {
                Event::Float { ticks, name, value: FLOATS[pick % 6] }
            }
        }
        Kind::Thread => {
            stream.ticks += i64::from(sketch.ticks.unsigned_abs() % 50);
            let ticks = stream.ticks;
            match sketch.kind % if is_ours { 10 } else { 5 } {
                0..=1 => {
                    let name = NAMES[pick % 3].to_owned();
                    let id = stream.next_offset + index as i64;
                    stream.open.push((id, ticks, name.clone()));
                    Event::Begin { ticks, name }
                }
                2..=4 => match stream.open.pop() {
                    // Most ends are those of the innermost span.
                    Some((_, _, name)) if is_ours || pick >= 32 => Event::End { ticks, name },
                    _ => {
                        // Nobody of ours ends what has not begun: then nothing is open.
                        let name = NAMES[pick % 3].to_owned();
                        Event::End { ticks, name }
                    }
                },
                5..=6 => {
                    let span = process.next_span_id;
                    process.next_span_id += 1;
                    let parent = (pick as u64) % span;
                    Event::BeginAsync { ticks, name: NAMES[pick % 3], span, parent, depth: 1 }
                }
                7..=8 => {
                    let span = 1 + (pick as u64) % process.next_span_id;
                    Event::EndAsync { ticks, name: NAMES[pick % 3], span, parent: 0, depth: 1 }
                }
                _ => {
                    let span = 1 + (pick as u64) % process.next_span_id;
                    Event::Trace {
                        ticks,
                        span,
                        trace_id: u128::from(sketch.pick),
                        remote_parent: 0,
                    }
                }
            }
        }
    }
}
