//! The command line of the soak, and its course.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Parser;
use micromegas_telemetry_sink::{HttpOptions, HttpSink};
use micromegas_tracing::{Config, init, stats};

use super::account::{Account, Memory};
use super::load::{self, Load, Profile};
use super::memory;
use super::stall::{Stall, StallAt, StallingSink};
use super::store::Store;

const MIB: u64 = 1024 * 1024;
/// The load begins this long after the server.
const LEAD_TIME: Duration = Duration::from_millis(200);
/// What the process may need beside buffers and queue, for the blocks being made, encoded, sent and
/// counted, and for what the allocator keeps.
const WORK_BYTES: u64 = 64 * MIB;
/// How long what waits at the end may take to arrive.
const FLUSH_TIME_MAX: Duration = Duration::from_secs(300);

/// What `micromegas soak` can be told.
#[derive(Debug, Parser)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The shape of the load
    #[arg(long, value_enum, default_value = "flat")]
    profile: Profile,

    /// How many threads record
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1024))]
    threads: u32,

    /// Events a second of all threads together; of the game only span events count; 0 for as many
    /// as possible, which a game has not
    #[arg(long, default_value_t = 100_000)]
    rate: u64,

    /// How long the threads record
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,

    /// For how many seconds everything stalls, after a third of the time
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    stall: u64,

    /// What stalls
    #[arg(long, value_enum, default_value = "sink")]
    stall_at: StallAt,

    /// How much memory the buffers of all threads may take
    #[arg(long, default_value_t = 64, value_name = "MIB")]
    buffers: u64,

    /// How much memory the sink's queue may take
    #[arg(long, default_value_t = 64, value_name = "MIB")]
    queue: u64,
}

const EXAMPLES: &str = "\
Examples:
  micromegas soak --profile game60 --seconds 600
      Ten minutes of a game.
  micromegas soak --threads 16 --rate 0 --seconds 60 --stall 30
      Sixteen threads at full speed, and a sink that takes nothing for half a minute.

Every event is accounted for: recorded = stored + dropped, by kind; else the status is 1.";

/// Records, waits until everything has arrived, and accounts for it.
pub(crate) async fn run(args: Args) -> Result<()> {
    if args.profile == Profile::Game60 && args.rate == 0 {
        bail!("a game has a rate; name the span events of a second with --rate");
    }
    let time = Duration::from_secs(args.seconds);
    let stall = (args.stall > 0).then(|| {
        Stall::new(Instant::now() + LEAD_TIME + time / 3, Duration::from_secs(args.stall))
    });
    let at = |place| stall.filter(|_| args.stall_at == place);
    let (url, store) = Store::serve(at(StallAt::Server)).await?;
    let (buffer_bytes, queue_bytes) = (args.buffers * MIB, args.queue * MIB);
    let options =
        HttpOptions { queue_bytes_max: usize::try_from(queue_bytes)?, ..HttpOptions::default() };
    let sink = StallingSink { http: HttpSink::new(&url, &options)?, stall: at(StallAt::Sink) };
    let config = Config::default().with_buffer_bytes_max(usize::try_from(buffer_bytes)?);
    tokio::time::sleep(LEAD_TIME).await;

    let resident = memory::resident();
    let load = Load { profile: args.profile, threads: args.threads, rate: args.rate, time };
    let account = tokio::task::spawn_blocking(move || -> Result<Account> {
        let sink = Arc::new(sink);
        let guard = init(config, Arc::<StallingSink>::clone(&sink))?;
        let begin = Instant::now();
        let made = load::make(&load)?;
        let time = begin.elapsed();
        let is_flushed = guard.flush(FLUSH_TIME_MAX);
        drop(guard);
        if !is_flushed {
            bail!("what was recorded did not arrive within {} s", FLUSH_TIME_MAX.as_secs());
        }
        let growth = memory::peak().zip(resident).map(|(peak, before)| peak - before);
        let bound = buffer_bytes + queue_bytes;
        let memory = Memory { bound, work: WORK_BYTES, growth };
        let (stats, delivery, stored) = (stats(), sink.http.stats(), store.account());
        Ok(Account { time, made, stats, delivery, stored, memory })
    })
    .await??;
    print!("{account}");
    match account.faults().len() {
        0 => Ok(()),
        faults => bail!("{faults} of the account's checks failed"),
    }
}
