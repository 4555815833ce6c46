//! The command: what it can be told, and what it does.

use std::io::Write;

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use clap::Parser;
use micromegas_analytics::{Daemon, DaemonOptions, InsertRange, Materializer};
use micromegas_lakehouse::{Lakehouse, Tenant};
use micromegas_telemetry_sink::TelemetryBuilder;
use micromegas_tracing::prelude::*;

use crate::place::Place;
use crate::query::Instant;
use crate::redaction::{RedactionArgs, key_of_environment};
use crate::serve::stop_signal;

/// Write views down as Parquet: once over a range, or all the time beside other servers
#[derive(Debug, Parser)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Do it once and end, with status 0 if every block could be read
    #[arg(long)]
    once: bool,

    /// Only this view; may be repeated
    #[arg(long, value_name = "NAME", requires = "once")]
    view: Vec<String>,

    /// Only blocks that came at this time or later; an RFC 3339 time, or how long ago: 1h, 7d
    #[arg(long, value_name = "TIME", requires = "once")]
    begin: Option<Instant>,

    /// Only blocks that came before this time
    #[arg(long, value_name = "TIME", requires = "once")]
    end: Option<Instant>,

    /// Whose; may be repeated
    #[arg(long, default_value = Tenant::DEFAULT_NAME)]
    tenant: Vec<Tenant>,

    #[command(flatten)]
    place: Place,

    #[command(flatten)]
    redaction: RedactionArgs,
}

const EXAMPLES: &str = "\
Examples:
  micromegas materialize --once
      Write down whatever is fresh in ./micromegas-data, and end.
  micromegas materialize --once --view log_entries --begin 7d --end 1d \\
      --database postgres://me@db/lake --objects s3://bucket/lake
      One view, the blocks of some days, from a batch job beside the servers.
  micromegas materialize --database postgres://me@db/lake --objects s3://bucket/lake
      Keep all views written down until it is told to stop. Any number of these share the work.

A data directory has one program at a time, so stop its server first. `micromegas serve` does all of
this by itself.";

/// Does what was asked for.
pub(crate) async fn run(args: Args) -> Result<()> {
    let telemetry = TelemetryBuilder::new().with_console(LevelFilter::Warn).build()?;
    let lakehouse = args.place.storage()?.open().await?;
    let redaction = args.redaction.rules(key_of_environment())?;
    let options = DaemonOptions { tenants: args.tenant, redaction, ..DaemonOptions::default() };
    if args.once {
        let views = match args.view.is_empty() {
            true => Materializer::view_names().into_iter().map(str::to_owned).collect(),
            false => args.view,
        };
        return once(lakehouse, options, &views, (args.begin, args.end)).await;
    }
    Daemon::new(lakehouse, options).run(stop_signal()?).await;
    drop(telemetry);
    Ok(())
}

async fn once(
    lakehouse: Lakehouse,
    options: DaemonOptions,
    views: &[String],
    (begin, end): (Option<Instant>, Option<Instant>),
) -> Result<()> {
    let now = Utc::now();
    let time = |instant: Option<Instant>, otherwise| match instant {
        Some(instant) => instant.resolve(now).context("that long ago is before all time"),
        None => Ok(otherwise),
    };
    // What is committed while the job runs is not its business.
    let last = lakehouse.store().now().await?.max(now) + chrono::TimeDelta::microseconds(1);
    let range = InsertRange::try_new(time(begin, DateTime::UNIX_EPOCH)?, time(end, last)?)?;
    let tenants = options.tenants.clone();
    let materializer = Materializer::try_new(lakehouse, options)?;
    let report = |message: String| {
        // Who does not read what is told still wants it done.
        let _ = writeln!(std::io::stdout(), "{message}");
    };
    let mut failed_count = 0;
    for tenant in &tenants {
        for view in views {
            let done = materializer.materialize_range(tenant, view, range, None, &report).await?;
            failed_count += done.failed_block_count;
        }
    }
    ensure!(failed_count == 0, "{failed_count} blocks could not be fetched, and stay fresh");
    Ok(())
}
