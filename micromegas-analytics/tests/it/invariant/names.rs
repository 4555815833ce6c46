//! Very many different names.

use micromegas_lakehouse::Tenant;

use super::run::number;
use crate::fixture::{Event, START_TICKS, TestLake, TestProcess};

/// Names of an ordinary run of the tests: more than 16 bits count, or a batch holds.
const NAME_COUNT: u64 = 100_000;
/// Names in one block.
const BLOCK_LENGTH: u64 = 50_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_number_of_names_can_be_recorded_written_down_merged_and_asked_for() {
    let count = number("MICROMEGAS_INVARIANT_NAMES", NAME_COUNT);
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let mut stream = process.metric_stream();
    for first in (0..count).step_by(BLOCK_LENGTH as usize) {
        let numbers = first..count.min(first + BLOCK_LENGTH);
        let events: Vec<Event> = numbers
            .map(|number| Event::Integer {
                ticks: START_TICKS + number as i64,
                // The names of metrics live as long as their program.
                name: format!("metric {number}").leak(),
                unit: "count",
                value: number,
            })
            .collect();
        lake.send(&mut stream, &events).await;
    }
    let last = count - 1;
    let questions = [
        ("SELECT count(DISTINCT name) FROM measures".to_owned(), count),
        (format!("SELECT integer_value FROM measures WHERE name = 'metric {last}'"), last),
    ];
    let tenant = Tenant::default();
    for round in 0..3 {
        for (sql, expected) in &questions {
            assert_eq!(lake.query(sql).await, [expected.to_string()], "{sql} in round {round}");
        }
        match round {
            0 => drop(lake.materializer().materialize(&tenant, "measures").await.unwrap()),
            _ => drop(lake.materializer().compact(&tenant, "measures").await.unwrap()),
        }
    }
}
