//! Instrument a program: macros where things happen, and one sink that sends what they record.
//!
//! ```text
//! micromegas serve --disable-auth &
//! instrument http://127.0.0.1:9000
//! ```
//!
//! The program prices orders on three threads and stores them in an async stage. What it records
//! is in SQL a moment later; the last lines it prints say how to ask.
#![forbid(unsafe_code)]

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use micromegas_telemetry_sink::TelemetryBuilder;
use micromegas_tracing::prelude::*;
use tokio::sync::mpsc;

#[derive(Debug, Parser)]
#[command(about = "A small instrumented program")]
struct Args {
    /// Where to send what is recorded, such as http://127.0.0.1:9000
    #[arg(env = "MICROMEGAS_TELEMETRY_URL")]
    url: String,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();

    // 1. One sink for the whole program. Dropping it sends what is still unsent.
    let telemetry =
        TelemetryBuilder::new().with_url(args.url).with_console(LevelFilter::Info).build()?;

    // 2. The program's own work, which knows nothing of the sink.
    run_shop().await?;

    // 3. A real program needs no flush: the sink's end does it. This one wants to be sure.
    ensure!(
        telemetry.flush(Duration::from_secs(10)),
        "what was recorded has not arrived; start a server with `micromegas serve` and try again"
    );
    print_queries()
}

async fn run_shop() -> Result<()> {
    info!("the shop opens");
    let (sender, mut priced) = mpsc::channel(16);
    for number in 0..3 {
        let sender = sender.clone();
        let worker = thread::Builder::new().name(format!("pricing-{number}"));
        worker.spawn(move || price_orders(number, &sender))?;
    }
    drop(sender);
    while let Some(order) = priced.recv().await {
        store_order(order).await;
    }
    info!("the shop closes");
    Ok(())
}

struct Order {
    number: u32,
    total: f64,
}

/// `#[span_fn]` records when each call began and ended, and so what it called in turn.
#[span_fn]
fn price_orders(worker: u32, sender: &mpsc::Sender<Order>) {
    for n in 0..20 {
        let order = price_order(worker * 1_000 + n);
        if sender.blocking_send(order).is_err() {
            error!("nobody stores the orders of worker {worker}");
            return;
        }
    }
    info!("worker {worker} is done");
}

#[span_fn]
fn price_order(number: u32) -> Order {
    let items = 1 + number % 7;
    imetric!("order_items", "count", u64::from(items));
    let mut total = 0.0;
    for item in 0..items {
        // A span for a part of a function, to the end of the block.
        span_scope!("price_item");
        total += f64::from(item + 1) * 1.25;
    }
    fmetric!("order_total", "euro", total);
    if total > 30.0 {
        warn!(target: "shop::limits", "order {number} costs {total:.2}, which is a lot");
    }
    Order { number, total }
}

/// On an async function the span reaches from its first poll to its end, on whatever threads.
#[span_fn]
async fn store_order(order: Order) {
    tokio::task::yield_now().await;
    debug!("order {} of {:.2} is stored", order.number, order.total);
}

fn print_queries() -> Result<()> {
    let process_id = micromegas_tracing::process_id().context("recording has not begun")?;
    let queries = [
        "SELECT time, level, target, msg FROM log_entries WHERE process_id = '{process_id}' \
         ORDER BY time LIMIT 20",
        "SELECT name, unit, count(*) AS samples, avg(value) AS average FROM measures \
         WHERE process_id = '{process_id}' GROUP BY name, unit",
        "SELECT name, event_type, count(*) FROM view_instance('async_events', '{process_id}') \
         GROUP BY name, event_type",
        "SELECT stream_id, property_get(properties, 'thread-name') AS thread FROM streams \
         WHERE process_id = '{process_id}' AND array_has(tags, 'cpu')",
        "SELECT name, depth, duration FROM view_instance('thread_spans', '<a stream_id from above>')",
    ];
    println!("\nAsk for what was recorded:\n");
    for query in queries {
        println!(
            "  micromegas query \"{}\"",
            query.replace("{process_id}", &process_id.to_string())
        );
    }
    Ok(())
}
