//! Query telemetry beside your own data: add our tables to your DataFusion context, and join.
//!
//! ```text
//! register-tables
//! ```
//!
//! The program records a little about itself, through the real path into a lakehouse in this very
//! process, and joins what it recorded with a table of its own.
#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use arrow::array::{RecordBatch, StringArray};
use arrow::util::pretty::pretty_format_batches;
use datafusion::prelude::SessionContext;
use micromegas_analytics::{Options, register};
use micromegas_ingestion::{IngestionOptions, IngestionService, router};
use micromegas_lakehouse::{Lakehouse, Principal};
use micromegas_telemetry_sink::TelemetryBuilder;
use micromegas_tracing::prelude::*;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<()> {
    let lakehouse = Lakehouse::in_memory();
    record_something(lakehouse.clone()).await?;

    // 1. Your context, with your table in it.
    let context = SessionContext::new();
    context.register_batch("owners", owners()?)?;

    // 2. Our tables beside it: processes, streams, blocks, log_entries, measures, and functions.
    register(&context, lakehouse, Principal::local(), Options::default())?;

    // 3. One query over both.
    let rows = context
        .sql(
            "SELECT owners.team, log_entries.target, count(*) AS entries, max(msg) AS example
             FROM log_entries JOIN owners ON log_entries.target = owners.target
             GROUP BY owners.team, log_entries.target
             ORDER BY owners.team",
        )
        .await?
        .collect()
        .await?;
    println!("{}", pretty_format_batches(&rows)?);
    Ok(())
}

/// Who looks after which part of the program: the kind of table that everybody has somewhere.
fn owners() -> Result<RecordBatch> {
    let targets = StringArray::from(vec!["shop::payment", "shop::search", "shop::unused"]);
    let teams = StringArray::from(vec!["Team Money", "Team Find", "Team Nobody"]);
    Ok(RecordBatch::try_from_iter([
        ("target", Arc::new(targets) as _),
        ("team", Arc::new(teams) as _),
    ])?)
}

/// Takes telemetry on a port of this process, and sends there what this process records.
async fn record_something(lakehouse: Lakehouse) -> Result<()> {
    let service = IngestionService::new(lakehouse, IngestionOptions::default());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let app: axum::Router = router(Arc::new(service));
    tokio::spawn(async { axum::serve(listener, app).await });

    // Recording and sending need no async runtime, so they get a thread beside this one.
    tokio::task::spawn_blocking(move || {
        let telemetry = TelemetryBuilder::new().with_url(url).build()?;
        for order in 1..=3 {
            info!(target: "shop::payment", "order {order} is paid");
        }
        for term in ["lamp", "table"] {
            info!(target: "shop::search", "somebody looks for a {term}");
        }
        info!(target: "shop::greeting", "nobody owns this");
        ensure!(telemetry.flush(Duration::from_secs(10)), "the telemetry was not delivered");
        Ok(())
    })
    .await?
}
