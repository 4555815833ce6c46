//! Take telemetry in a web application of your own: mount one router beside your routes.
//!
//! ```text
//! mount-ingestion 127.0.0.1:8080
//! MICROMEGAS_TELEMETRY_URL=http://127.0.0.1:8080/telemetry instrument
//! curl http://127.0.0.1:8080/
//! ```
//!
//! The application has a state and routes of its own. Telemetry goes to `/telemetry`; the
//! application's page counts what arrived.
#![forbid(unsafe_code)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use micromegas_ingestion::{IngestionOptions, IngestionService, router};
use micromegas_lakehouse::{BlockFilter, Lakehouse, Tenant};
use tokio::net::TcpListener;

/// The state of the application; the mounted router has its own and does not see it.
#[derive(Clone)]
struct App {
    visits: Arc<AtomicU64>,
    lakehouse: Lakehouse,
}

#[tokio::main]
async fn main() -> Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());

    // 1. A lakehouse: this one is forgotten at the end. `Lakehouse::open_local(directory)` keeps.
    let lakehouse = Lakehouse::in_memory();

    // 2. The service that takes telemetry into it, as a router for any application's state.
    let service = IngestionService::new(lakehouse.clone(), IngestionOptions::default());
    let telemetry = router(Arc::new(service));

    // 3. The application: its own routes, and telemetry below a path of its choice.
    let app = Router::new()
        .route("/", get(front_page))
        .nest("/telemetry", telemetry)
        .with_state(App { visits: Arc::default(), lakehouse });

    let listener = TcpListener::bind(&address).await;
    let listener = listener.with_context(|| format!("cannot listen on {address}"))?;
    let address = listener.local_addr()?;
    println!("the application is at  http://{address}/");
    println!("it takes telemetry at  http://{address}/telemetry");
    axum::serve(listener, app).with_graceful_shutdown(interrupted()).await?;
    Ok(())
}

async fn front_page(State(app): State<App>) -> String {
    let visit = 1 + app.visits.fetch_add(1, Ordering::Relaxed);
    let tenants = [Tenant::default()];
    let blocks = app.lakehouse.store().list_blocks(&tenants, &BlockFilter::default(), 10_000).await;
    match blocks {
        Ok(blocks) => {
            let events: i64 = blocks.iter().map(|block| i64::from(block.event_count)).sum();
            format!("visit {visit}: {events} events in {} blocks so far\n", blocks.len())
        }
        Err(error) => format!("visit {visit}: the lake does not answer: {error}\n"),
    }
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a signal handler there is nothing to wait for.
        std::future::pending::<()>().await;
    }
}
