//! `micromegas serve`: run the whole server until it is told to stop.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use micromegas_lakehouse::Durability;
use micromegas_telemetry_sink::TelemetryBuilder;
use micromegas_tracing::prelude::*;

use crate::access::Access;
use crate::lake::RetentionArgs;
use crate::own_telemetry::OwnTelemetry;
use crate::redaction::{RedactionArgs, key_of_environment};
use crate::server::{Server, ServerConfig};
use crate::storage::Storage;
use crate::tenant_limits::TenantLimitArgs;

/// Run the whole server: ingestion, lake, materialisation and SQL
#[derive(Debug, Parser)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Where everything is kept; made when it is not there
    #[arg(
        long,
        env = "MICROMEGAS_DATA_DIR",
        default_value = "./micromegas-data",
        value_name = "DIR"
    )]
    data_dir: PathBuf,

    /// What acknowledged telemetry in DIR survives: `process` its end, `fsync` a loss of power, too
    #[arg(long, env = "MICROMEGAS_DURABILITY", default_value_t, value_name = "WHAT")]
    durability: Durability,

    /// A PostgreSQL database for the metadata, in place of DIR, shared by any number of servers:
    /// postgres://user@host/database, the password in PGPASSWORD
    #[arg(
        long,
        env = "MICROMEGAS_DATABASE_URL",
        hide_env_values = true,
        value_name = "URL",
        requires = "objects"
    )]
    database: Option<String>,

    /// The object store that goes with it: s3://bucket/folder, gs://…, az://… or file:///…, keys
    /// in AWS_…, GOOGLE_… or AZURE_… variables
    #[arg(
        long,
        env = "MICROMEGAS_OBJECT_STORE_URL",
        hide_env_values = true,
        value_name = "URL",
        requires = "database"
    )]
    objects: Option<String>,

    /// Where telemetry is taken; port 0 takes any free port
    #[arg(
        long,
        env = "MICROMEGAS_HTTP_LISTEN",
        default_value = "127.0.0.1:9000",
        value_name = "ADDR"
    )]
    http: SocketAddr,

    /// Where SQL is answered (FlightSQL); port 0 takes any free port
    #[arg(
        long,
        env = "MICROMEGAS_FLIGHT_LISTEN",
        default_value = "127.0.0.1:50051",
        value_name = "ADDR"
    )]
    flight: SocketAddr,

    /// The longest that a block waits for others to share an object with, in milliseconds; 0 gives
    /// each block an object of its own
    #[arg(
        long,
        env = "MICROMEGAS_SEGMENT_WINDOW_MS",
        default_value_t = 5,
        value_name = "MS",
        value_parser = clap::value_parser!(u64).range(..=10_000)
    )]
    segment_window: u64,

    #[command(flatten)]
    retention: RetentionArgs,

    #[command(flatten)]
    limits: TenantLimitArgs,

    #[command(flatten)]
    redaction: RedactionArgs,

    /// Keep what the server records about itself in its own lake, for the tenant `default`
    #[arg(long, env = "MICROMEGAS_OWN_TELEMETRY")]
    own_telemetry: bool,

    #[command(flatten)]
    access: Access,

    /// Print the two addresses as one line of JSON, for scripts, in place of the greeting
    #[arg(long)]
    print_addresses: bool,
}

const EXAMPLES: &str = "\
Examples:
  micromegas serve --disable-auth
      Everything on this machine, kept in ./micromegas-data, for everyone on it.
  micromegas keys create \"game servers\"
  micromegas serve --http 0.0.0.0:9000
      Take telemetry from other machines that have a key; SQL stays on this one.
  micromegas serve --oidc-file issuers.json
      Let people in with the tokens of {\"issuers\":[{\"issuer\":\"https://…\",\"audience\":[\"…\"],
      \"grants\":[{\"claim\":\"groups\",\"value\":\"…\",\"tenants\":[\"default\"],\"rights\":\"query\"}]}]}.
  micromegas serve --database postgres://me@db/lake --objects s3://bucket/lake
      One of several servers over PostgreSQL and S3.
  micromegas serve --retention 30d --retention-tag cpu=7d
      Keep profiles for a week and everything else for a month.
  micromegas serve --limits requests=500 --tenant-limits \"team-a:requests=50,bytes=5000000\"
      Hold each tenant to 500 requests a second, and one to less.
  MICROMEGAS_REDACTION_KEY=… micromegas serve --redact \"user.*=hash,password=drop\"
      Show hashes of some properties in place of their values, and one not at all.
  micromegas serve --disable-auth --http 127.0.0.1:0 --flight 127.0.0.1:0 --print-addresses
      Any free ports, told to a script: {\"ingestion\":\"http://…\",\"query\":\"http://…\"}

Then, elsewhere:
  MICROMEGAS_TELEMETRY_URL=http://127.0.0.1:9000 your-instrumented-program
  micromegas query \"SELECT time, level, target, msg FROM log_entries LIMIT 20\"

Programs send their key as MICROMEGAS_INGESTION_API_KEY, `micromegas query` as MICROMEGAS_QUERY_API_KEY.
GET /health and GET /ready of the telemetry address say how the server is.
Ctrl-C or SIGTERM stops it after what was accepted is stored; even killed, it keeps everything it
has acknowledged.";

/// How long the end of a server waits for what it recorded about itself.
const FLUSH_PERIOD_MAX: Duration = Duration::from_secs(1);

/// Serves until it is told to stop.
pub(crate) async fn run(args: Args) -> Result<()> {
    // What the server has to say goes to the standard error, and all that it records into its lake
    // if it is told so.
    let own = args.own_telemetry.then(|| Arc::new(OwnTelemetry::new()));
    let mut telemetry = TelemetryBuilder::new().with_console(LevelFilter::Warn);
    if let Some(own) = &own {
        telemetry = telemetry.with_sink(own.sink());
    }
    let telemetry = telemetry.build()?;
    if args.access.disable_auth {
        for address in [args.http, args.flight].iter().filter(|at| !at.ip().is_loopback()) {
            warn!("everyone who reaches {address} may do everything: authentication is disabled");
        }
    }
    let storage = match (args.database, args.objects) {
        (Some(database), Some(objects)) => Storage::Shared { database, objects },
        _ => Storage::Directory { path: args.data_dir, durability: args.durability },
    };
    let place = storage.to_string();
    let access = args.access;
    let config = ServerConfig {
        storage,
        http: args.http,
        flight: args.flight,
        access,
        retention: args.retention.policy(),
        limits: args.limits.options(),
        redaction: args.redaction.rules(key_of_environment())?,
        segment_window: Duration::from_millis(args.segment_window),
        own_telemetry: own,
    };
    let mut server = Server::start(config).await?;
    // Told before anyone can rely on it, so that a signal right after it is not missed.
    let stop = stop_signal()?;
    let mut out = std::io::stdout().lock();
    if args.print_addresses {
        let (ingestion, query) = (server.ingestion_url(), server.query_url());
        writeln!(out, "{{\"ingestion\":\"{ingestion}\",\"query\":\"{query}\"}}")?;
    } else {
        write!(out, "{}", greeting(&server, &place))?;
    }
    out.flush()?;
    drop(out);
    tokio::select! {
        () = stop => {
            // While there is a lake to put it into.
            telemetry.flush(FLUSH_PERIOD_MAX);
            server.shutdown().await
        }
        error = server.failed() => Err(error),
    }
}

fn greeting(server: &Server, place: &str) -> String {
    let (ingestion, query) = (server.ingestion_url(), server.query_url());
    format!(
        "micromegas serves {place}\n\
         \n\
         \x20 send to   {ingestion}    MICROMEGAS_TELEMETRY_URL={ingestion} your-program\n\
         \x20 query at  {query}   micromegas query \"SHOW TABLES\" --url {query}\n\
         \n\
         Ctrl-C stops it; what was accepted is kept.\n"
    )
}

/// Resolves when the process is told to stop. A second Ctrl-C does not wait for anything.
#[cfg(unix)]
pub(crate) fn stop_signal() -> Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let context = "cannot listen for signals";
    let mut interrupt = signal(SignalKind::interrupt()).context(context)?;
    let mut terminate = signal(SignalKind::terminate()).context(context)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        eprintln!("micromegas: stopping; a second Ctrl-C stops at once");
        tokio::spawn(async move {
            interrupt.recv().await;
            std::process::exit(130);
        });
    })
}

/// Resolves when the process is told to stop.
#[cfg(not(unix))]
pub(crate) fn stop_signal() -> Result<impl Future<Output = ()>> {
    Ok(async {
        // Without a signal handler nobody can stop us this way, so there is nothing to wait for.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
