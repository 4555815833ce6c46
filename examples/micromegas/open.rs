//! `micromegas open`: read what a program left in its spool, without a server.

use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use datafusion::prelude::SessionContext;
use futures::TryStreamExt;
use micromegas_analytics::{Options, register};
use micromegas_lakehouse::{Lake, LakeOptions, Lakehouse, Principal, Tenant};
use micromegas_telemetry_sink::{SpoolReader, SpoolRecord};

use crate::query::{Format, Output};

/// Read what programs left in their spools, without a server
#[derive(Debug, Parser)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Spool files; they are not changed
    #[arg(required = true, value_name = "FILE.spool")]
    files: Vec<PathBuf>,

    /// What to ask about them
    #[arg(long, default_value = WHAT_IS_THERE)]
    sql: String,

    /// How to print the rows
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

const WHAT_IS_THERE: &str = "\
SELECT exe, computer, tags, count(*) AS blocks, sum(nb_objects) AS events,
 min(begin_time) AS begin, max(end_time) AS end
 FROM blocks JOIN processes USING (process_id) JOIN streams USING (stream_id)
 GROUP BY exe, computer, tags ORDER BY exe, computer, tags";

const EXAMPLES: &str = "\
Examples:
  micromegas open left.spool
      What is in the file: programs, streams, how many events, and from when.
  micromegas open *.spool --sql \"SELECT time, level, target, msg FROM log_entries ORDER BY time\"
      The log of all of them, in order.

Telemetry that could not be sent waits in such files, below the folder that the program was told;
what a server refused for good is in the folder `rejected` beside them.";

/// Takes the files into a lake in memory, asks it, and prints the rows on the standard output.
pub(crate) async fn run(args: Args) -> Result<()> {
    let lakehouse = Lakehouse::in_memory();
    let lake = Lake::new(lakehouse.clone(), LakeOptions::default());
    for file in &args.files {
        let taken = take(&lake, file).await;
        taken.with_context(|| format!("{} cannot be opened", file.display()))?;
    }
    let context = SessionContext::new();
    register(&context, lakehouse, Principal::local(), Options::default())?;
    let mut rows = context.sql(&args.sql).await?.execute_stream().await?;
    let stdout = BufWriter::new(std::io::stdout().lock());
    let mut output = Output::try_new(args.format, rows.schema(), stdout)?;
    while let Some(batch) = rows.try_next().await? {
        output.write(&batch)?;
    }
    output.finish()
}

/// What cannot be read of a file is told on the standard error, and the rest is taken.
async fn take(lake: &Lake, file: &Path) -> Result<()> {
    let tenant = Tenant::default();
    let records = SpoolReader::open(file)?;
    let torn_bytes = records.torn_bytes();
    let (mut taken, mut lost) = (0_u64, 0_u64);
    for record in records {
        let stored = match record {
            Ok(SpoolRecord::Process(process)) => lake.insert_process(&tenant, process).await,
            Ok(SpoolRecord::Stream(stream)) => lake.insert_stream(&tenant, stream).await,
            Ok(SpoolRecord::Block(block)) => lake.insert_block(&tenant, block).await,
            Err(error) => {
                lost += 1;
                eprintln!("micromegas: {}: {:#}", file.display(), anyhow::Error::new(error));
                continue;
            }
        };
        match stored {
            Ok(()) => taken += 1,
            Err(error) => {
                lost += 1;
                eprintln!("micromegas: {}: {:#}", file.display(), anyhow::Error::new(error));
            }
        }
    }
    if torn_bytes > 0 {
        eprintln!(
            "micromegas: {}: the last {torn_bytes} bytes hold no whole record",
            file.display()
        );
    }
    ensure!(taken > 0 || lost == 0, "none of its {lost} records can be read");
    Ok(())
}
