//! Questions, and what the answers must be.

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::error::Result;
use datafusion::prelude::SessionContext;

use super::naive::{Naive, Row, float_text};
use super::world::{Kind, PROCESS_COUNT};

const LOGS: &str = "SELECT process_id, stream_id, block_id, CAST(time AS BIGINT), target, level, msg, \
                    jsonb_format_json(properties), exe FROM log_entries";
const MEASURES: &str = "SELECT process_id, stream_id, block_id, CAST(time AS BIGINT), target, name, \
                        unit, value, integer_value, jsonb_format_json(properties) FROM measures";

/// A question with its answer.
struct Question {
    sql: String,
    rows: Vec<String>,
}

impl Question {
    fn new(sql: impl Into<String>, rows: Vec<String>) -> Self {
        Self { sql: sql.into(), rows }
    }

    fn of(sql: String, rows: &[Row], accept: impl Fn(&Row) -> bool) -> Self {
        let accepted = rows.iter().filter(|row| accept(row));
        Self::new(sql, accepted.map(|row| row.text.clone()).collect())
    }
}

/// Asks one of the kinds of questions, `pick` says which, and compares the answers.
///
/// # Errors
///
/// When a question is not answered.
pub(super) async fn ask(context: &SessionContext, naive: &Naive<'_>, pick: u16) -> Result<()> {
    let questions = match pick % 6 {
        0 => logs(naive, pick / 6),
        1 => samples(naive, pick / 6),
        2 => statistics(naive),
        3 => spans(naive, usize::from(pick / 6)),
        4 => counts(naive),
        _ => asynchronous(naive, usize::from(pick / 6)),
    };
    for Question { sql, rows } in questions {
        let batches = context.sql(&sql).await?.collect().await?;
        let (mut answer, mut expected) = (lines(&batches), rows);
        answer.sort();
        expected.sort();
        if answer != expected {
            let reasons = context.sql("SELECT * FROM list_quarantined_blocks()").await?;
            let reasons = lines(&reasons.collect().await?);
            assert_eq!(answer, expected, "{sql}; in quarantine: {reasons:?}");
        }
    }
    Ok(())
}

/// Asks every kind of question; `pick` says which of each kind.
///
/// # Errors
///
/// When a question is not answered.
pub(super) async fn ask_everything(
    context: &SessionContext,
    naive: &Naive<'_>,
    pick: u16,
) -> Result<()> {
    for kind in 0..6 {
        ask(context, naive, pick / 6 * 6 + kind).await?;
    }
    Ok(())
}

fn time(ns: i64) -> String {
    format!("TIMESTAMP '{}'", chrono::DateTime::from_timestamp_nanos(ns).to_rfc3339())
}

/// Questions that select rows of a table, by what the rows themselves have.
fn selections(sql: &str, rows: &[Row], pick: usize) -> Vec<Question> {
    let all = Question::of(sql.to_owned(), rows, |_| true);
    let Some(some) = rows.get(pick % rows.len().max(1)) else { return vec![all] };
    let other = &rows[(pick / 2) % rows.len()];
    let (least, greatest) = (some.time.min(other.time), some.time.max(other.time));
    let mut questions = vec![
        Question::of(format!("{sql} WHERE process_id = '{}'", some.process), rows, |row| {
            row.process == some.process
        }),
        Question::of(format!("{sql} WHERE stream_id = '{}'", some.stream), rows, |row| {
            row.stream == some.stream
        }),
        Question::of(format!("{sql} WHERE block_id = '{}'", some.block), rows, |row| {
            row.block == some.block
        }),
    ];
    // What does not fit into 64 bits of nanoseconds cannot be asked for as text.
    if some.time.unsigned_abs() < i64::MAX as u64 && other.time.unsigned_abs() < i64::MAX as u64 {
        let (from, to) = (time(least), time(greatest));
        let between = format!("{sql} WHERE time BETWEEN {from} AND {to}");
        questions.push(Question::of(between, rows, |row| (least..=greatest).contains(&row.time)));
        let after = format!("{sql} WHERE time > {from} AND process_id <> '{}'", other.process);
        questions.push(Question::of(after, rows, |row| {
            row.time > least && row.process != other.process
        }));
    }
    questions.push(all);
    questions.swap_remove(pick % questions.len());
    questions
}

fn logs(naive: &Naive<'_>, pick: u16) -> Vec<Question> {
    let rows = naive.logs();
    let mut questions = selections(LOGS, &rows, usize::from(pick));
    let level = u32::from(pick % 6) + 1;
    let severe = format!("{LOGS} WHERE level <= {level}");
    questions.push(Question::of(severe, &rows, |row| row.level <= level));
    questions
}

fn samples(naive: &Naive<'_>, pick: u16) -> Vec<Question> {
    let rows: Vec<Row> = naive.samples().into_iter().map(|(row, _, _)| row).collect();
    let mut questions = selections(MEASURES, &rows, usize::from(pick));
    let name = ["alpha", "beta", "delta"][usize::from(pick % 3)];
    let named = format!("{MEASURES} WHERE name = '{name}'");
    questions.push(Question::of(named, &rows, |row| row.name == name));
    questions
}

fn statistics(naive: &Naive<'_>) -> Vec<Question> {
    let logs = "SELECT CAST(time_bin AS BIGINT), process_id, level, target, count FROM log_stats";
    let metrics = "SELECT CAST(time_bin AS BIGINT), process_id, target, name, unit, count, \
                   invalid_count, min, max, last FROM metric_stats";
    vec![Question::new(logs, naive.log_stats()), Question::new(metrics, naive.metric_stats())]
}

fn spans(naive: &Naive<'_>, pick: usize) -> Vec<Question> {
    const COLUMNS: &str = "id, parent, depth, CAST(\"begin\" AS BIGINT), CAST(\"end\" AS BIGINT), \
                           duration, name, flags";
    let process = pick % PROCESS_COUNT;
    let streams = naive.world.streams.iter().enumerate();
    let threads: Vec<_> =
        streams.filter(|(_, s)| s.process == process && s.kind == Kind::Thread).collect();
    let mut questions: Vec<_> = threads
        .iter()
        .map(|(index, stream)| {
            let id = stream.info.stream_id;
            let sql = format!("SELECT {COLUMNS} FROM view_instance('thread_spans', '{id}')");
            Question::new(sql, naive.thread_spans(*index))
        })
        .collect();
    let all = threads.iter().flat_map(|(index, _)| naive.thread_spans(*index)).collect();
    let id = naive.world.processes[process].info.process_id;
    let sql = format!("SELECT {COLUMNS} FROM thread_spans('{id}')");
    questions.push(Question::new(sql, all));
    questions
}

fn counts(naive: &Naive<'_>) -> Vec<Question> {
    let corrupt = |view: &str, kind| {
        let sql = format!(
            "SELECT block_id FROM list_quarantined_blocks() WHERE view_set_name = '{view}'"
        );
        Question::new(sql, naive.corrupt(kind))
    };
    let count = |rows: usize| vec![rows.to_string()];
    let (logs, samples) = (naive.logs().len(), naive.samples().len());
    vec![
        Question::new("SELECT count(*) FROM log_entries", count(logs)),
        Question::new("SELECT count(*) FROM measures", count(samples)),
        Question::new(
            "SELECT count(*) FROM (SELECT 1 FROM log_entries LIMIT 3)",
            count(logs.min(3)),
        ),
        Question::new("SELECT count(*) FROM blocks", count(naive.arrived.len())),
        corrupt("log_entries", Kind::Log),
        corrupt("measures", Kind::Metrics),
    ]
}

fn asynchronous(naive: &Naive<'_>, pick: usize) -> Vec<Question> {
    let process = pick % PROCESS_COUNT;
    let id = naive.world.processes[process].info.process_id;
    let events = format!(
        "SELECT stream_id, CAST(time AS BIGINT), event_type, span_id, parent_span_id, name \
         FROM view_instance('async_events', '{id}')"
    );
    let spans = format!(
        "SELECT span_id, parent_span_id, CAST(\"begin\" AS BIGINT), CAST(\"end\" AS BIGINT), name, \
         stream_id, end_stream_id FROM view_instance('async_spans', '{id}')"
    );
    vec![
        Question::new(events, naive.async_events(process)),
        Question::new(spans, naive.async_spans(process)),
    ]
}

/// Rows as lines; floats as [`float_text`] has them.
fn lines(batches: &[RecordBatch]) -> Vec<String> {
    let options = FormatOptions::default().with_null("NULL");
    let mut lines = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            let values = batch.columns().iter().map(|column| {
                if *column.data_type() == DataType::Float64 && !column.is_null(row) {
                    return float_text(column.as_primitive::<Float64Type>().value(row));
                }
                ArrayFormatter::try_new(column, &options).unwrap().value(row).to_string()
            });
            lines.push(values.collect::<Vec<_>>().join("|"));
        }
    }
    lines
}
