//! The same query gives the same rows, whatever has been materialised, in whatever order blocks
//! arrived: compared with what was sent.

use micromegas_lakehouse::Tenant;
use micromegas_transit::Block;
use proptest::prelude::*;

use crate::fixture::{Event, START_TICKS, TestLake, TestProcess, TestStream};

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    /// A block of log entries; it arrives now, or at the end.
    Log { process: usize, times: Vec<i64>, late: bool },
    /// A block of samples.
    Metric { process: usize, values: Vec<u32>, late: bool },
    /// A block of a stream that no view here reads.
    Other { process: usize },
    /// A block that arrives twice.
    Repeat,
    /// Write down what is fresh.
    Materialize,
    /// Merge partitions.
    Compact,
    /// Compare the answers with what was sent.
    Check,
}

fn step() -> impl Strategy<Value = Step> {
    let process = 0..2_usize;
    prop_oneof![
        4 => (process.clone(), prop::collection::vec(-5_000..5_000_i64, 0..6), prop::bool::weighted(0.2))
            .prop_map(|(process, times, late)| Step::Log { process, times, late }),
        3 => (process.clone(), prop::collection::vec(any::<u32>(), 0..4), prop::bool::weighted(0.2))
            .prop_map(|(process, values, late)| Step::Metric { process, values, late }),
        1 => process.prop_map(|process| Step::Other { process }),
        1 => Just(Step::Repeat),
        3 => Just(Step::Materialize),
        1 => Just(Step::Compact),
        2 => Just(Step::Check),
    ]
}

/// The lake, and the rows that it must show.
struct Model {
    lake: TestLake,
    logs: Vec<[TestStream; 2]>,
    threads: Vec<TestStream>,
    late: Vec<(Block, Vec<String>)>,
    last: Option<Block>,
    messages: Vec<String>,
    samples: Vec<String>,
    number: usize,
}

impl Model {
    async fn new() -> Self {
        let lake = TestLake::new();
        let (mut logs, mut threads) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            let process = TestProcess::new();
            let streams = [process.log_stream(), process.metric_stream()];
            lake.send_process(&process).await;
            for stream in &streams {
                lake.send_stream(stream).await;
            }
            let thread = process.thread_stream();
            lake.send_stream(&thread).await;
            threads.push(thread);
            logs.push(streams);
        }
        let (late, last, number) = (Vec::new(), None, 0);
        let (messages, samples) = (Vec::new(), Vec::new());
        Self { lake, logs, threads, late, last, messages, samples, number }
    }

    async fn apply(&mut self, step: Step) {
        match step {
            Step::Log { process, times, late } => {
                let mut rows = Vec::new();
                let mut events = Vec::new();
                for time in times {
                    self.number += 1;
                    let message = format!("m{}", self.number);
                    rows.push(format!("{process}|{time}|{message}"));
                    events.push(Event::Log { ticks: START_TICKS + time, level: 3, message });
                }
                let block = self.logs[process][0].block(&events);
                self.send(block, rows, late).await;
            }
            Step::Metric { process, values, late } => {
                let mut rows = Vec::new();
                let mut events = Vec::new();
                for value in values {
                    self.number += 1;
                    let ticks = START_TICKS + self.number as i64;
                    rows.push(format!("{process}|{}|{value}", self.number));
                    let (name, unit, value) = ("n", "u", u64::from(value));
                    events.push(Event::Integer { ticks, name, unit, value });
                }
                let block = self.logs[process][1].block(&events);
                self.send(block, rows, late).await;
            }
            Step::Other { process } => {
                let event = Event::Begin { ticks: START_TICKS, name: "s".to_owned() };
                let block = self.threads[process].block(&[event]);
                self.lake.send_block(block).await;
            }
            Step::Repeat => {
                if let Some(block) = self.last.clone() {
                    self.lake.send_block(block).await;
                }
            }
            Step::Materialize => self.lake.materialize().await,
            Step::Compact => {
                for view in ["log_entries", "measures"] {
                    let tenant = Tenant::default();
                    self.lake.materializer().compact(&tenant, view).await.unwrap();
                }
            }
            Step::Check => self.check().await,
        }
    }

    async fn send(&mut self, block: Block, rows: Vec<String>, late: bool) {
        if late {
            self.late.push((block, rows));
            return;
        }
        self.remember(&block, rows);
        self.last = Some(block.clone());
        self.lake.send_block(block).await;
    }

    fn remember(&mut self, block: &Block, rows: Vec<String>) {
        let is_log = self.logs.iter().any(|streams| streams[0].info.stream_id == block.stream_id);
        if is_log { self.messages.extend(rows) } else { self.samples.extend(rows) }
    }

    async fn check(&self) {
        let ids: Vec<String> =
            self.logs.iter().map(|streams| streams[0].info.process_id.to_string()).collect();
        let start = "CAST(TIMESTAMP '2026-01-01T00:00:00' AS BIGINT)";
        let process = format!("CASE WHEN process_id = '{}' THEN 0 ELSE 1 END", ids[0]);
        let time = format!("CAST(time AS BIGINT) - {start}");
        let logs = format!("SELECT {process}, {time}, msg FROM log_entries");
        let measures = format!("SELECT {process}, {time}, integer_value FROM measures");
        assert_eq!(self.sorted(&logs).await, sorted(&self.messages));
        assert_eq!(self.sorted(&measures).await, sorted(&self.samples));
        let of_one = format!("{logs} WHERE process_id = '{}'", ids[1]);
        assert_eq!(self.sorted(&of_one).await, only(&self.messages, |process, _| process == 1));
        let in_time = format!(
            "{logs} WHERE time >= TIMESTAMP '2026-01-01T00:00:00.000000100Z' \
             AND time < TIMESTAMP '2026-01-01T00:00:00.000002000Z'"
        );
        let expected = only(&self.messages, |_, time| (100..2_000).contains(&time));
        assert_eq!(self.sorted(&in_time).await, expected);
        let counts = "SELECT count(*) FROM log_entries";
        assert_eq!(self.lake.query(counts).await, [self.messages.len().to_string()]);
    }

    async fn sorted(&self, sql: &str) -> Vec<String> {
        sorted(&self.lake.query(sql).await)
    }
}

fn sorted(rows: &[String]) -> Vec<String> {
    let mut rows = rows.to_vec();
    rows.sort();
    rows
}

fn only(rows: &[String], accept: impl Fn(i64, i64) -> bool) -> Vec<String> {
    let number = |row: &str, index: usize| row.split('|').nth(index).unwrap().parse().unwrap();
    let accepted = rows.iter().filter(|row| accept(number(row, 0), number(row, 1)));
    sorted(&accepted.cloned().collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_materialised_changes_no_answer(steps in prop::collection::vec(step(), 1..24)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut model = Model::new().await;
            for step in steps {
                model.apply(step).await;
            }
            for (block, rows) in std::mem::take(&mut model.late) {
                model.remember(&block, rows);
                model.lake.send_block(block).await;
            }
            model.check().await;
            model.apply(Step::Materialize).await;
            model.apply(Step::Compact).await;
            model.check().await;
            let plan = model.lake.explain("SELECT msg FROM log_entries").await;
            assert!(!plan.contains("FreshBlocksExec"), "{plan}");
        });
    }
}
