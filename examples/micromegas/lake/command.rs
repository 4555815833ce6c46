//! The commands: what they can be told, and what they do.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};
use micromegas_lakehouse::{
    HousekeepingOptions, PostgresOptions, PostgresStore, RecordKey, Retention, Tenant,
    reclaim_objects,
};
use uuid::Uuid;

use super::archive::{export, import};
use super::audit::write_audit;
use super::forget::forget;
use super::retention::RetentionArgs;
use crate::actor::actor;
use crate::place::Place;

/// Let data leave a lake: by age, because it must be forgotten, or into a file; see what was done
#[derive(Debug, Parser)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    place: Place,
}

const EXAMPLES: &str = "\
Examples:
  micromegas lake clean --retention 30d --retention-tag cpu=7d --dry-run
      What would go: data older than 30 days, profiles older than 7.
  micromegas lake forget 2c1c0f3e-… --dry-run
  micromegas lake forget 2c1c0f3e-…
      All of a process: its rows at once, its bytes with the next cleaning. Nothing of it is taken
      any more, unless `lake allow` lets it in again.
  micromegas lake forget --user ada --tenant team-a
  micromegas lake audit
      Who did what to whom, as lines of JSON.
  micromegas lake export 2c1c0f3e-… crash.tar
  micromegas lake import crash.tar --data-dir ./elsewhere --tenant team-a
      All that the lake holds of a process as a file, and that file in another lake.
  micromegas lake adopt --database postgres://me@db/telemetry
      Take over what a server of the published schema has stored in that database.

A data directory has one program at a time, so stop its server first; with a database and an object
store, servers may run. They do all of this by themselves: `micromegas serve --retention 30d`.";

/// A process, or the processes of a user.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct Who {
    /// The id of the process
    pub(super) process: Option<Uuid>,

    /// All processes whose user has this name
    #[arg(long, value_name = "NAME")]
    pub(super) user: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Remove what is too old, and give back the bytes that nothing refers to
    Clean {
        #[command(flatten)]
        retention: RetentionArgs,

        /// Only say what would be removed
        #[arg(long)]
        dry_run: bool,
    },
    /// Forget a process or a user
    Forget {
        #[command(flatten)]
        who: Who,

        /// Whose process it is
        #[arg(long, default_value = Tenant::DEFAULT_NAME)]
        tenant: Tenant,

        /// Only say what would be forgotten
        #[arg(long)]
        dry_run: bool,
    },
    /// Let a forgotten process in again
    Allow {
        /// The id of the process
        process: Uuid,

        /// Whose process it is
        #[arg(long, default_value = Tenant::DEFAULT_NAME)]
        tenant: Tenant,
    },
    /// Write a process, its streams and blocks into a file
    Export {
        /// The id of the process
        process: Uuid,

        /// The file, which is not there yet
        file: PathBuf,

        /// Whose process it is
        #[arg(long, default_value = Tenant::DEFAULT_NAME)]
        tenant: Tenant,
    },
    /// Take what was exported into the lake
    Import {
        /// The file
        file: PathBuf,

        /// Whose process it is to be
        #[arg(long, default_value = Tenant::DEFAULT_NAME)]
        tenant: Tenant,
    },
    /// Print the audit log
    Audit {
        /// Whose
        #[arg(long, default_value = Tenant::DEFAULT_NAME)]
        tenant: Tenant,
    },
    /// Take over the tables of the published schema; again, what is new since
    Adopt,
}

/// Does what was asked for.
pub(crate) async fn run(args: Args) -> Result<()> {
    if let Command::Adopt = args.command {
        return adopt(args.place.database().map(str::to_owned)).await;
    }
    let lakehouse = args.place.storage()?.open().await?;
    let store = std::sync::Arc::clone(lakehouse.store());
    let store = &*store;
    let mut out = std::io::stdout().lock();
    match args.command {
        Command::Clean { retention, dry_run } => {
            let mut retention = Retention::new(retention.policy(), actor());
            let expired = match dry_run {
                true => retention.preview(store).await?,
                false => retention.apply(store).await?,
            };
            let verb = if dry_run { "would remove" } else { "removed" };
            writeln!(
                out,
                "{verb} {} blocks of {} bytes, {} waiting blocks, {} streams, {} processes",
                expired.blocks,
                expired.bytes,
                expired.waiting_blocks,
                expired.streams,
                expired.processes
            )?;
            if !dry_run {
                let reader_age = HousekeepingOptions::default().reader_age;
                let done = reclaim_objects(&lakehouse, reader_age).await?;
                let (deleted, bytes) = (done.deleted, done.bytes);
                writeln!(
                    out,
                    "deleted {deleted} objects of {bytes} bytes, wrote {} anew; what lost its \
                     last row within {} minutes is kept for readers",
                    done.rewritten,
                    reader_age.as_secs() / 60
                )?;
            }
            Ok(())
        }
        Command::Forget { who, tenant, dry_run } => {
            drop(out);
            forget(store, &tenant, &who, dry_run, &actor()).await
        }
        Command::Allow { process, tenant } => {
            let key = RecordKey::new(tenant, process);
            let was_forgotten = store.allow_process(&key, &actor()).await?;
            let told = if was_forgotten { "is let in again" } else { "was not forgotten" };
            Ok(writeln!(out, "{process} {told}")?)
        }
        Command::Export { process, file, tenant } => {
            drop(out);
            export(&lakehouse, &RecordKey::new(tenant, process), &file, &actor()).await
        }
        Command::Import { file, tenant } => {
            drop(out);
            import(lakehouse, &tenant, &file, &actor()).await
        }
        Command::Audit { tenant } => write_audit(&mut out, store, &tenant).await,
        Command::Adopt => Ok(()),
    }
}

async fn adopt(database: Option<String>) -> Result<()> {
    let Some(url) = database else { anyhow::bail!("name the database with --database") };
    let store = PostgresStore::connect(&url, PostgresOptions::default()).await?;
    let adopted = store.adopt_published().await?;
    store.close().await;
    Ok(writeln!(
        std::io::stdout().lock(),
        "took over {} processes, {} streams, {} blocks; {} blocks wait, {} streams cannot be read",
        adopted.processes,
        adopted.streams,
        adopted.blocks,
        adopted.waiting_blocks,
        adopted.unreadable_streams
    )?)
}
