//! `log_stats` and `metric_stats`.

use std::collections::BTreeMap;

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::{Float64Type, Int32Type, UInt64Type};
use proptest::prelude::*;

use crate::fixture::{Event, START_TICKS, TestLake, TestProcess};

/// A minute of the clock of test processes.
const MINUTE: i64 = 60_000_000_000;

fn log(ticks: i64, level: u32) -> Event {
    Event::Log { ticks: START_TICKS + ticks, level, message: "m".to_owned() }
}

fn float(ticks: i64, name: &'static str, value: f64) -> Event {
    Event::Float { ticks: START_TICKS + ticks, name, value }
}

#[tokio::test]
async fn log_entries_are_counted_by_minute_process_level_and_target() {
    let lake = TestLake::new();
    let (one, other) = (TestProcess::new(), TestProcess::new());
    lake.send_process(&one).await;
    lake.send_process(&other).await;
    let mut stream = one.log_stream();
    let events = [log(0, 4), log(MINUTE - 1, 4), log(1, 2), log(MINUTE, 4)];
    lake.send(&mut stream, &events).await;
    lake.send(&mut stream, &[log(5, 4), log(3 * MINUTE, 4)]).await;
    lake.send(&mut other.log_stream(), &[log(0, 4)]).await;
    let sql = "SELECT time_bin, level, target, count FROM log_stats";
    let of_one = format!("{sql} WHERE process_id = '{}' ORDER BY time_bin, level", one.id());
    let expected = [
        "2026-01-01T00:00:00Z|2|test|1",
        "2026-01-01T00:00:00Z|4|test|3",
        "2026-01-01T00:01:00Z|4|test|1",
        "2026-01-01T00:03:00Z|4|test|1",
    ];
    assert_eq!(lake.query(&of_one).await, expected);
    let total = "SELECT sum(count), count(DISTINCT process_id) FROM log_stats";
    assert_eq!(lake.query(total).await, ["7|2"]);
    lake.materialize().await;
    assert_eq!(lake.query(&of_one).await, expected);
    // One entry more, which is in no partition.
    lake.send(&mut stream, &[log(6, 4)]).await;
    assert_eq!(lake.query(&of_one).await[1], "2026-01-01T00:00:00Z|4|test|4");
}

#[tokio::test]
async fn filters_reach_the_log_entries() {
    let lake = TestLake::new();
    let (one, other) = (TestProcess::new(), TestProcess::new());
    for process in [&one, &other] {
        lake.send_process(process).await;
        let mut stream = process.log_stream();
        for minute in 0..4 {
            lake.send(&mut stream, &[log(minute * MINUTE + 7, 4)]).await;
        }
    }
    let all = "SELECT * FROM log_stats";
    assert!(lake.explain(all).await.contains("blocks=8"));
    let of_one = format!("{all} WHERE process_id = '{}'", one.id());
    assert!(lake.explain(&of_one).await.contains("blocks=4"));
    let minute = "time_bin >= TIMESTAMP '2026-01-01T00:01:00Z' \
                  AND time_bin < TIMESTAMP '2026-01-01T00:02:00Z'";
    let in_time = format!("{of_one} AND {minute}");
    // The bound that is not strict takes in the minute after it.
    assert!(lake.explain(&in_time).await.contains("blocks=2"), "{}", lake.explain(&in_time).await);
    assert_eq!(lake.query(&in_time).await.len(), 1);
}

#[tokio::test]
async fn a_minute_of_a_metric_is_one_row() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let mut stream = process.metric_stream();
    let integer = Event::Integer { ticks: START_TICKS + 2, name: "n", unit: "bytes", value: 7 };
    let events = [float(3, "n", 4.0), integer, float(1, "n", -1.0), float(MINUTE, "n", 9.0)];
    lake.send(&mut stream, &events).await;
    lake.send(&mut stream, &[float(4, "other", 1.5)]).await;
    let sql = "SELECT time_bin, target, name, unit, count, invalid_count, sum, min, max, last \
               FROM metric_stats ORDER BY name, time_bin";
    let expected = [
        "2026-01-01T00:00:00Z|test|n|bytes|3|0|10.0|-1.0|7.0|4.0",
        "2026-01-01T00:01:00Z|test|n|bytes|1|0|9.0|9.0|9.0|9.0",
        "2026-01-01T00:00:00Z|test|other|bytes|1|0|1.5|1.5|1.5|1.5",
    ];
    assert_eq!(lake.query(sql).await, expected);
    lake.materialize().await;
    assert_eq!(lake.query(sql).await, expected);
    let instance = format!("view_instance('metric_stats', '{}')", process.id());
    assert_eq!(lake.query(&sql.replace("metric_stats", &instance)).await, expected);
    let other = format!("view_instance('metric_stats', '{}')", TestProcess::new().id());
    assert!(lake.query(&sql.replace("metric_stats", &other)).await.is_empty());
}

#[tokio::test]
async fn values_that_are_no_numbers_spoil_nothing() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let events = [
        float(0, "n", f64::NAN),
        float(1, "n", 2.0),
        float(2, "n", -f64::NAN),
        float(3, "n", f64::INFINITY),
        float(4, "nothing", f64::NAN),
    ];
    lake.send(&mut process.metric_stream(), &events).await;
    let sql = "SELECT name, count, invalid_count, sum, min, max, last, histogram['count'], \
               histogram['min'], exponential_histogram_quantile(histogram, 0.5) \
               FROM metric_stats ORDER BY name";
    assert_eq!(
        lake.query(sql).await,
        ["n|1|3|2.0|2.0|2.0|2.0|1|2.0|2.0", "nothing|0|1|NULL|NULL|NULL|NULL|0|NULL|NULL",]
    );
}

/// The buckets of a histogram by the definition: with so many powers of two to a bucket, or
/// buckets to a power of two, as let all values fit 160 buckets.
fn naive_buckets(values: &[f64]) -> (i32, BTreeMap<i64, u64>) {
    let mut scale = 20;
    loop {
        let index = |value: f64| (value.log2() * 2f64.powi(scale)).ceil() as i64 - 1;
        let mut buckets = BTreeMap::new();
        for value in values {
            *buckets.entry(index(*value)).or_insert(0) += 1;
        }
        let (first, last) = (buckets.keys().min(), buckets.keys().max());
        if first.zip(last).is_none_or(|(first, last)| last - first < 160) {
            return (scale, buckets);
        }
        scale -= 1;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 50, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn histograms_merge_without_error_however_samples_are_spread(
        values in prop::collection::vec(1_u32..100_000, 1..120),
        length in 1..40_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let lake = TestLake::new();
            let process = TestProcess::new();
            lake.send_process(&process).await;
            let mut stream = process.metric_stream();
            // Odd numbers, which are no powers of two but for 1.
            let values: Vec<f64> = values.iter().map(|value| f64::from(value | 1)).collect();
            for (chunk, values) in (0..).zip(values.chunks(length)) {
                let events: Vec<Event> = (0..)
                    .zip(values)
                    .map(|(i, value)| float((chunk * 7 + i) * MINUTE / 4, "n", *value))
                    .collect();
                lake.send(&mut stream, &events).await;
                if chunk == 1 {
                    lake.materialize().await;
                }
            }
            // Minutes merged by downscaling.
            let sql = "SELECT merge_exponential_histograms(histogram) AS h FROM metric_stats";
            let batches = lake.batches(sql).await;
            let row = batches[0].column(0).as_struct();
            let count = |name: &str| {
                row.column_by_name(name).unwrap().as_primitive::<UInt64Type>().value(0)
            };
            let int =
                |name: &str| row.column_by_name(name).unwrap().as_primitive::<Int32Type>().value(0);
            let float = |name: &str| {
                row.column_by_name(name).unwrap().as_primitive::<Float64Type>().value(0)
            };
            assert_eq!(count("count"), values.len() as u64);
            assert_eq!(count("zero_count"), 0);
            assert_eq!(float("sum"), values.iter().sum::<f64>());
            assert_eq!(float("max"), values.iter().copied().fold(0.0, f64::max));
            let counts = row.column_by_name("positive_counts").unwrap().as_list::<i32>().value(0);
            let counts = counts.as_primitive::<UInt64Type>().values().to_vec();
            assert!(counts.len() <= 160);
            let offset = i64::from(int("positive_offset"));
            let buckets: BTreeMap<i64, u64> =
                (offset..).zip(counts).filter(|(_, count)| *count > 0).collect();
            assert_eq!((int("scale"), buckets), naive_buckets(&values));
            assert_eq!(row.column_by_name("negative_counts").unwrap().as_list::<i32>().value(0).len(), 0);
        });
    }
}
