//! What the demo prints: everything from SQL.

use std::io::{Write, stdout};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use arrow::array::{AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use indicatif::HumanCount;

use super::questions;
use crate::index::{Events, Summary};
use crate::query::{QueryClient, write_table};

/// Prints the report; an error when the tables do not hold exactly what was recorded.
pub(crate) async fn print(client: &mut QueryClient, summary: &Summary) -> Result<()> {
    let process = summary.process_id;
    let threads = client.fetch_all(&questions::thread_streams(process)).await?;
    let spans = questions::spans_of_threads(&texts(&threads, 0)?);

    let stored = events(&client.fetch_all(&questions::events_by_kind(process, &spans)).await?)?;
    print_events(summary.recorded, stored);
    let parts = [
        ("Functions by self time", questions::self_time(&spans)),
        ("File metrics", questions::percentiles(process)),
        ("Log lines by level", questions::logs_by_level(process)),
        ("Bytes in the lake", questions::bytes_per_event(process)),
    ];
    for (title, sql) in parts {
        println!("\n{title}");
        print_rows(&client.fetch_all(&sql).await?)?;
    }
    println!();
    ensure!(
        stored == summary.recorded && summary.dropped.total() == 0,
        "the tables hold {} events, but {} were recorded and {} dropped",
        HumanCount(stored.total()),
        HumanCount(summary.recorded.total()),
        HumanCount(summary.dropped.total())
    );
    println!(
        "Nothing was lost: the tables hold every one of the {} events recorded.",
        HumanCount(stored.total())
    );
    Ok(())
}

fn print_events(recorded: Events, stored: Events) {
    println!("\n{:<20} {:>12} {:>12}", "Events", "recorded", "in SQL");
    let rows = [
        ("log entries", recorded.log_entries, stored.log_entries),
        ("metrics", recorded.metrics, stored.metrics),
        ("thread span events", recorded.thread_span_events, stored.thread_span_events),
        ("async span events", recorded.async_span_events, stored.async_span_events),
        ("all", recorded.total(), stored.total()),
    ];
    for (kind, recorded, stored) in rows {
        let (recorded, stored) = (HumanCount(recorded).to_string(), HumanCount(stored).to_string());
        println!("{kind:<20} {recorded:>12} {stored:>12}");
    }
}

fn print_rows(rows: &RecordBatch) -> Result<()> {
    let mut out = stdout().lock();
    write_table(&mut out, rows.schema(), std::slice::from_ref(rows))?;
    Ok(out.flush()?)
}

/// How to ask on, at a server that runs.
pub(crate) fn print_next_steps(url: &str, summary: &Summary) {
    let address = url.trim_start_matches("http://");
    let program = std::env::args().next().unwrap_or_else(|| "micromegas".to_owned());
    let process = summary.process_id;
    println!(
        "
Ask it yourself:
  {program} query --url {url} \\
    \"SELECT time, level, msg FROM log_entries WHERE process_id = '{process}' ORDER BY time LIMIT 20\"

or in Python (pip install adbc-driver-flightsql pyarrow pandas):
  import adbc_driver_flightsql.dbapi as flightsql
  with flightsql.connect(\"grpc://{address}\") as connection, connection.cursor() as cursor:
      cursor.execute(\"SELECT name, count(*) AS n, avg(value) AS mean FROM measures GROUP BY name\")
      print(cursor.fetch_df())
"
    );
}

/// How to go on when the server is about to end.
pub(crate) fn print_how_to_serve(data_dir: &Path) {
    let program = std::env::args().next().unwrap_or_else(|| "micromegas".to_owned());
    let data_dir = data_dir.display();
    println!(
        "\nServe the same lake again:\n  {program} serve --disable-auth --data-dir {data_dir}"
    );
}

/// The one row of [`questions::events_by_kind`].
fn events(row: &RecordBatch) -> Result<Events> {
    let number = |name: &str| -> Result<u64> {
        let column = row.column_by_name(name).with_context(|| format!("no column {name}"))?;
        let column = cast(column, &DataType::Int64)?;
        Ok(u64::try_from(column.as_primitive::<Int64Type>().value(0))?)
    };
    ensure!(row.num_rows() == 1, "the events of a process are one row, not {}", row.num_rows());
    Ok(Events {
        log_entries: number("log_entries")?,
        metrics: number("metrics")?,
        thread_span_events: number("thread_span_events")?,
        async_span_events: number("async_span_events")?,
    })
}

fn texts(rows: &RecordBatch, column: usize) -> Result<Vec<String>> {
    let column = cast(rows.column(column), &DataType::Utf8)?;
    Ok(column.as_string::<i32>().iter().flatten().map(str::to_owned).collect())
}
