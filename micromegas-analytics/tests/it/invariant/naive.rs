//! What SQL must show, worked out from everything that has arrived as plainly as possible: no
//! partition, no cache, no snapshot, one loop over the events for each answer.

use std::collections::BTreeMap;

use super::other_client;
use super::world::{Kind, Process, Sent, World};
use crate::fixture::Event;

/// One minute.
const BIN_NS: i64 = 60_000_000_000;

/// A row of `log_entries` or `measures`, with what conditions look at beside its text.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) process: String,
    pub(super) stream: String,
    pub(super) block: String,
    pub(super) time: i64,
    /// The level of an entry; 0 of a sample.
    pub(super) level: u32,
    /// The name of a metric; empty for an entry.
    pub(super) name: String,
    pub(super) text: String,
}

/// The answers for what has arrived.
#[derive(Debug)]
pub(super) struct Naive<'a> {
    pub(super) world: &'a World,
    pub(super) arrived: &'a [Sent],
}

/// A float as the checks show it: its bits, and all that are no numbers alike.
pub(super) fn float_text(value: f64) -> String {
    if value.is_nan() { "NaN".to_owned() } else { format!("{:016x}", value.to_bits()) }
}

impl Naive<'_> {
    fn process(&self, sent: &Sent) -> &Process {
        &self.world.processes[self.world.streams[sent.stream].process]
    }

    fn readable(&self, kind: Kind) -> impl Iterator<Item = &Sent> {
        let of_kind = move |sent: &&Sent| self.world.streams[sent.stream].kind == kind;
        self.arrived.iter().filter(of_kind).filter(|sent| !sent.is_corrupt)
    }

    /// Blocks of a kind that nobody can read.
    pub(super) fn corrupt(&self, kind: Kind) -> Vec<String> {
        let of_kind = |sent: &&Sent| self.world.streams[sent.stream].kind == kind;
        let corrupt = self.arrived.iter().filter(of_kind).filter(|sent| sent.is_corrupt);
        corrupt.map(|sent| sent.block.block_id.to_string()).collect()
    }

    fn properties(&self, sent: &Sent, event: &Event) -> String {
        let (key, value) = other_client::PROPERTY;
        match !self.process(sent).is_ours && other_client::has_property(event) {
            true => format!("{{\"{key}\":\"{value}\"}}"),
            false => "{}".to_owned(),
        }
    }

    fn row(&self, sent: &Sent, event: &Event) -> Row {
        Row {
            process: sent.block.process_id.to_string(),
            stream: sent.block.stream_id.to_string(),
            block: sent.block.block_id.to_string(),
            time: self.process(sent).nanoseconds(&sent.block, event.ticks()),
            level: 0,
            name: String::new(),
            text: String::new(),
        }
    }

    /// `log_entries`.
    pub(super) fn logs(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for sent in self.readable(Kind::Log) {
            for event in &sent.events {
                let Event::Log { level, message, .. } = event else { continue };
                let mut row = self.row(sent, event);
                let properties = self.properties(sent, event);
                let (process, stream, block, time) =
                    (&row.process, &row.stream, &row.block, row.time);
                row.text = format!(
                    "{process}|{stream}|{block}|{time}|test|{level}|{message}|{properties}|game"
                );
                row.level = *level;
                rows.push(row);
            }
        }
        rows
    }

    /// `measures`, with the values that statistics count.
    pub(super) fn samples(&self) -> Vec<(Row, String, f64)> {
        let mut rows = Vec::new();
        for sent in self.readable(Kind::Metrics) {
            for event in &sent.events {
                let mut row = self.row(sent, event);
                let (name, unit, value, integer) = match event {
                    Event::Integer { name, unit, value, .. } => {
                        match self.seconds(sent, unit, *value) {
                            Some(seconds) => (name, "seconds", seconds, "NULL".to_owned()),
                            None => (name, *unit, *value as f64, value.to_string()),
                        }
                    }
                    Event::Float { name, value, .. } => (name, "bytes", *value, "NULL".to_owned()),
                    _ => continue,
                };
                let properties = self.properties(sent, event);
                let (process, stream, block, time) =
                    (&row.process, &row.stream, &row.block, row.time);
                let float = float_text(value);
                row.text = format!(
                    "{process}|{stream}|{block}|{time}|test|{name}|{unit}|{float}|{integer}|{properties}"
                );
                row.name = (*name).to_owned();
                rows.push((row, unit.to_owned(), value));
            }
        }
        rows
    }

    /// An integer in ticks is shown in seconds, where ticks pass at all.
    fn seconds(&self, sent: &Sent, unit: &str, ticks: u64) -> Option<f64> {
        if unit != "ticks" {
            return None;
        }
        let frequency = self.process(sent).info.tsc_frequency;
        if frequency > 0 {
            return Some(ticks as f64 / frequency as f64);
        }
        let (block, time) =
            (&sent.block, |t: chrono::DateTime<chrono::Utc>| t.timestamp_nanos_opt().unwrap());
        let (elapsed, ns) =
            (block.end_ticks - block.begin_ticks, time(block.end_time) - time(block.begin_time));
        (elapsed > 0 && ns > 0).then(|| ticks as f64 / (elapsed as f64 * 1e9 / ns as f64))
    }

    /// `log_stats`.
    pub(super) fn log_stats(&self) -> Vec<String> {
        let mut counts = BTreeMap::<_, u64>::new();
        for row in self.logs() {
            let bin = row.time.div_euclid(BIN_NS) * BIN_NS;
            *counts.entry((bin, row.process, row.level)).or_default() += 1;
        }
        let text = |((bin, process, level), count)| format!("{bin}|{process}|{level}|test|{count}");
        counts.into_iter().map(text).collect()
    }

    /// `metric_stats`: count, invalid_count, min, max and last.
    pub(super) fn metric_stats(&self) -> Vec<String> {
        let mut groups = BTreeMap::<_, Vec<(i64, f64)>>::new();
        for (row, unit, value) in self.samples() {
            let bin = row.time.div_euclid(BIN_NS) * BIN_NS;
            groups.entry((bin, row.process, row.name, unit)).or_default().push((row.time, value));
        }
        let text = |((bin, process, name, unit), samples): (_, Vec<(i64, f64)>)| {
            let mut finite: Vec<_> =
                samples.iter().copied().filter(|(_, value)| value.is_finite()).collect();
            finite.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            let or_null = |value: Option<f64>| value.map_or("NULL".to_owned(), float_text);
            let values = || finite.iter().map(|(_, value)| *value);
            let least = or_null(values().min_by(f64::total_cmp));
            let greatest = or_null(values().max_by(f64::total_cmp));
            let last = or_null(values().next_back());
            let (count, invalid) = (finite.len(), samples.len() - finite.len());
            format!(
                "{bin}|{process}|test|{name}|{unit}|{count}|{invalid}|{least}|{greatest}|{last}"
            )
        };
        groups.into_iter().map(text).collect()
    }

    /// The blocks of a stream that can be read, in the order of the stream.
    fn run(&self, stream: usize) -> Vec<&Sent> {
        let mut run: Vec<&Sent> =
            self.arrived.iter().filter(|sent| sent.stream == stream && !sent.is_corrupt).collect();
        run.sort_by_key(|sent| sent.block.object_offset);
        run
    }

    /// `thread_spans` of a stream.
    pub(super) fn thread_spans(&self, stream: usize) -> Vec<String> {
        let mut tree = Tree::default();
        for sent in self.run(stream) {
            let process = self.process(sent);
            let mut is_first = true;
            for (index, event) in sent.events.iter().enumerate() {
                let (Event::Begin { name, .. } | Event::End { name, .. }) = event else { continue };
                let time = process.nanoseconds(&sent.block, event.ticks());
                if std::mem::take(&mut is_first)
                    && let Some(carried) = &sent.carried
                {
                    let carried = carried.iter().map(|(id, begin, name)| {
                        (*id, process.nanoseconds(&sent.block, *begin), name.clone())
                    });
                    tree.resume(carried.collect(), time);
                }
                match event {
                    Event::Begin { .. } => {
                        let id = sent.block.object_offset + index as i64;
                        tree.begin(id, time, name.clone());
                    }
                    _ => tree.end(time, name),
                }
            }
        }
        tree.rows()
    }

    /// `async_events` of a process, as numbers and names.
    fn events(&self, process: usize) -> Vec<(String, i64, bool, u64, u64, String)> {
        let mut rows = Vec::new();
        for sent in self.readable(Kind::Thread) {
            let stream = &self.world.streams[sent.stream];
            if stream.process != process {
                continue;
            }
            for event in &sent.events {
                let (is_begin, span, parent, name) = match event {
                    Event::BeginAsync { span, parent, name, .. } => (true, *span, *parent, name),
                    Event::EndAsync { span, parent, name, .. } => (false, *span, *parent, name),
                    _ => continue,
                };
                let time = self.process(sent).nanoseconds(&sent.block, event.ticks());
                let stream = stream.info.stream_id.to_string();
                rows.push((stream, time, is_begin, span, parent, (*name).to_owned()));
            }
        }
        rows
    }

    /// `async_events` of a process.
    pub(super) fn async_events(&self, process: usize) -> Vec<String> {
        let text = |(stream, time, is_begin, span, parent, name)| {
            let what = if is_begin { "begin" } else { "end" };
            format!("{stream}|{time}|{what}|{span}|{parent}|{name}")
        };
        self.events(process).into_iter().map(text).collect()
    }

    /// `async_spans` of a process.
    pub(super) fn async_spans(&self, process: usize) -> Vec<String> {
        let events = self.events(process);
        let mut rows = Vec::new();
        for (stream, begin, is_begin, span, parent, name) in &events {
            if !is_begin {
                continue;
            }
            let ends = events.iter().filter(|event| !event.2 && event.3 == *span);
            let end = ends.map(|event| (event.1, &event.0)).min();
            let (end, end_stream) = match end {
                Some((time, stream)) => (time.max(*begin).to_string(), stream.as_str()),
                None => ("NULL".to_owned(), "NULL"),
            };
            rows.push(format!("{span}|{parent}|{begin}|{end}|{name}|{stream}|{end_stream}"));
        }
        rows
    }
}

/// A stack of open spans, and what it made.
#[derive(Default)]
struct Tree {
    stack: Vec<(i64, i64, String)>,
    rows: Vec<String>,
    seen: Vec<i64>,
}

impl Tree {
    fn begin(&mut self, id: i64, time: i64, name: String) {
        self.seen.push(time);
        self.stack.push((id, time, name));
    }

    fn pop(&mut self, time: i64, flags: u32) {
        let depth = self.stack.len();
        let (id, begin, name) = self.stack.pop().unwrap();
        let parent = self.stack.last().map_or(-1, |span| span.0);
        self.rows.push(row(id, parent, depth, begin, time.max(begin), &name, flags));
    }

    fn end(&mut self, time: i64, name: &str) {
        self.seen.push(time);
        let Some(place) = self.stack.iter().rposition(|span| span.2 == name) else { return };
        while self.stack.len() > place + 1 {
            self.pop(time, 2);
        }
        self.pop(time, 0);
    }

    fn resume(&mut self, carried: Vec<(i64, i64, String)>, time: i64) {
        let same = |(a, b): &(&(i64, i64, String), &(i64, i64, String))| a.0 == b.0;
        let known = self.stack.iter().zip(&carried).take_while(same).count();
        while self.stack.len() > known {
            self.pop(time, 2);
        }
        for (id, begin, name) in carried.into_iter().skip(known) {
            self.begin(id, begin, name);
        }
    }

    fn rows(mut self) -> Vec<String> {
        let (Some(first), Some(last)) = (self.seen.iter().min(), self.seen.iter().max()) else {
            return Vec::new();
        };
        self.rows.push(row(-1, 0, 0, *first, *last, "worker-7", 0));
        let mut parent = -1;
        for (index, (id, begin, name)) in self.stack.iter().enumerate() {
            self.rows.push(row(*id, parent, index + 1, *begin, (*last).max(*begin), name, 1));
            parent = *id;
        }
        self.rows
    }
}

fn row(id: i64, parent: i64, depth: usize, begin: i64, end: i64, name: &str, flags: u32) -> String {
    format!("{id}|{parent}|{depth}|{begin}|{end}|{}|{name}|{flags}", end - begin)
}
