//! Every role of a server in one process: ingestion over HTTP, SQL over FlightSQL, and the daemon
//! that materialises.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use axum::Router;
use micromegas_analytics::flight::FlightSqlServer;
use micromegas_analytics::{Daemon, DaemonOptions, Options};
use micromegas_auth::AuthLayer;
use micromegas_ingestion::control::control_routes;
use micromegas_ingestion::otlp::{OtlpOptions, otlp_grpc_routes, otlp_routes};
use micromegas_ingestion::{
    IngestionOptions, IngestionService, LimitLayer, LimitOptions, ingestion_routes, probe_routes,
};
use micromegas_lakehouse::{
    Housekeeping, HousekeepingOptions, Lake, LakeOptions, Lakehouse, Principal, Redaction,
    RetentionPolicy, Rights,
};
use micromegas_tracing::prelude::*;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tonic::transport::server::TcpIncoming;
use tonic::{Extensions, Status};

use crate::access::Access;
use crate::http::{self, ConnectionLimits};
use crate::own_telemetry::OwnTelemetry;
use crate::storage::Storage;

/// How long requests that were accepted may take to finish after the server was told to stop.
const GRACE_PERIOD: Duration = Duration::from_secs(25);

/// How long a server that follows a killed one waits before it materialises. A data directory has
/// one server at a time, so nobody else ever waits for a lease.
const LEASE_TTL: Duration = Duration::from_secs(20);

/// The same where servers share a lake: one that is slow for a while, because its database is or
/// its machine, keeps its work.
const SHARED_LEASE_TTL: Duration = Duration::from_secs(60);

/// How often a connection for queries is asked whether it is still there, and how long it may
/// take to say so.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// What a server needs to know.
#[derive(Debug, Clone)]
pub(crate) struct ServerConfig {
    /// Where everything is kept.
    pub(crate) storage: Storage,
    /// Where telemetry is taken. Port 0 takes any free port.
    pub(crate) http: SocketAddr,
    /// Where SQL is answered. Port 0 takes any free port.
    pub(crate) flight: SocketAddr,
    /// Who may send and ask.
    pub(crate) access: Access,
    /// How long data is kept.
    pub(crate) retention: RetentionPolicy,
    /// How much each tenant may send.
    pub(crate) limits: LimitOptions,
    /// Which properties nobody sees.
    pub(crate) redaction: Redaction,
    /// The longest that a block waits for others to share an object with.
    pub(crate) segment_window: Duration,
    /// What it records about itself, if that goes into its lake.
    pub(crate) own_telemetry: Option<Arc<OwnTelemetry>>,
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    http: SocketAddr,
    flight: SocketAddr,
    stop: watch::Sender<bool>,
    roles: JoinSet<Result<()>>,
}

impl Server {
    /// Opens the lake and starts every role. When this returns, both addresses answer.
    pub(crate) async fn start(config: ServerConfig) -> Result<Self> {
        let http = listen(config.http, "telemetry", "--http").await?;
        let flight = listen(config.flight, "queries", "--flight").await?;
        let lakehouse = config.storage.open().await?;
        let auth = config.access.layer(&lakehouse).await?;
        let (stop, stopping) = watch::channel(false);
        let mut server = Self {
            http: http.local_addr()?,
            flight: flight.local_addr()?,
            stop,
            roles: JoinSet::new(),
        };
        let options = Options { redaction: config.redaction.clone(), ..Options::default() };
        let lake = LakeOptions {
            segment_window: config.segment_window,
            retention: config.retention.clone(),
            ..LakeOptions::default()
        };
        let access = (LimitLayer::new(config.limits), auth.clone());
        let taking = IngestionService::with_lake_options(
            lakehouse.clone(),
            lake.clone(),
            // Whoever gets past the layer has a principal; nobody is taken for one without.
            IngestionOptions::default()
                .with_anonymous(None)
                .with_otlp(OtlpOptions::default().with_redaction(config.redaction)),
        );
        server.roles.spawn(ingest(http, taking, access, stopping.clone()));
        if let Some(own) = config.own_telemetry {
            let options = LakeOptions { sweep_period: Duration::ZERO, ..lake.clone() };
            let lake = Lake::new(lakehouse.clone(), options);
            let stop = told_to_stop(stopping.clone());
            server.roles.spawn(async move {
                own.deliver(lake, stop).await;
                Ok(())
            });
        }
        server.roles.spawn(keep_house(lakehouse.clone(), config.retention, stopping.clone()));
        let flight_sql = FlightSqlServer::new(lakehouse.clone(), options.clone())?;
        server.roles.spawn(answer(flight, flight_sql, auth, stopping.clone()));
        let lease_ttl = match config.storage {
            Storage::Directory { .. } => LEASE_TTL,
            Storage::Shared { .. } => SHARED_LEASE_TTL,
        };
        server.roles.spawn(materialise(lakehouse, options, lease_ttl, stopping));
        Ok(server)
    }

    /// Where clients send telemetry to: the value for `MICROMEGAS_TELEMETRY_URL`.
    pub(crate) fn ingestion_url(&self) -> String {
        format!("http://{}", self.http)
    }

    /// Where SQL is answered: the value for `micromegas query --url`.
    pub(crate) fn query_url(&self) -> String {
        format!("http://{}", self.flight)
    }

    /// Waits until a role ends by itself, which none does unless something went wrong.
    pub(crate) async fn failed(&mut self) -> anyhow::Error {
        match self.roles.join_next().await {
            Some(Ok(Err(error))) => error,
            Some(Err(error)) => anyhow::Error::new(error).context("a part of the server failed"),
            Some(Ok(Ok(()))) | None => anyhow!("a part of the server ended by itself"),
        }
    }

    /// Stops taking requests, finishes what was accepted, and ends.
    pub(crate) async fn shutdown(mut self) -> Result<()> {
        // The receivers are gone only if every role has ended already.
        let _ = self.stop.send(true);
        let finished = async {
            while let Some(ended) = self.roles.join_next().await {
                ended.context("a part of the server failed")??;
            }
            Ok(())
        };
        match tokio::time::timeout(GRACE_PERIOD, finished).await {
            Ok(result) => result,
            Err(_) => bail!(
                "requests were still running {} s after the server was told to stop; they were \
                 cut off without an answer, so their senders will send again",
                GRACE_PERIOD.as_secs(),
            ),
        }
    }
}

async fn listen(address: SocketAddr, what: &str, option: &str) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => anyhow!(
            "{address} is in use, so {what} cannot be served there; stop the other program or \
             choose another address with {option}"
        ),
        _ => anyhow!(
            "cannot listen on {address} for {what} ({error}); choose another address with {option}"
        ),
    })
}

async fn ingest(
    listener: TcpListener,
    service: IngestionService,
    access: (LimitLayer, AuthLayer),
    stopping: watch::Receiver<bool>,
) -> Result<()> {
    let (limits, auth) = access;
    let service = Arc::new(service);
    let routes = ingestion_routes(Arc::clone(&service))
        .merge(control_routes(Arc::clone(&service)))
        .merge(otlp_routes(Arc::clone(&service)))
        .merge(otlp_grpc_routes(Arc::clone(&service)));
    let routes = routes.layer(limits).layer(auth);
    // Probes come without credentials.
    let app: Router = routes.merge(probe_routes(service));
    http::serve(listener, app, ConnectionLimits::default(), told_to_stop(stopping)).await;
    Ok(())
}

async fn answer(
    listener: TcpListener,
    flight_sql: FlightSqlServer,
    auth: AuthLayer,
    stopping: watch::Receiver<bool>,
) -> Result<()> {
    let service = flight_sql.with_principal_resolver(Arc::new(may_query)).into_service();
    // An answer is several writes; without this the last would wait 40 ms for the client's receipt.
    let connections = TcpIncoming::from(listener).with_nodelay(Some(true));
    tonic::transport::Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE))
        .layer(auth)
        .add_service(service)
        .serve_with_incoming_shutdown(connections, told_to_stop(stopping))
        .await
        .context("answering queries failed")
}

/// Who asks, if it may.
fn may_query(extensions: &Extensions) -> Result<Principal, Status> {
    let principal = extensions.get::<Principal>();
    let principal = principal.ok_or_else(|| Status::unauthenticated("credentials are missing"))?;
    if !principal.can(Rights::QUERY) {
        let reason = "these credentials may not query; use a key with that right";
        return Err(Status::permission_denied(reason));
    }
    Ok(principal.clone())
}

async fn materialise(
    lakehouse: Lakehouse,
    options: Options,
    lease_ttl: Duration,
    stopping: watch::Receiver<bool>,
) -> Result<()> {
    let options = DaemonOptions {
        cache: options.cache.clone(),
        redaction: options.redaction.clone(),
        views: options.views.clone(),
        lease_ttl,
        ..DaemonOptions::default()
    };
    Daemon::new(lakehouse, options).run(told_to_stop(stopping)).await;
    Ok(())
}

/// Lets go of what is too old, and gives back bytes that nothing refers to.
async fn keep_house(
    lakehouse: Lakehouse,
    policy: RetentionPolicy,
    stopping: watch::Receiver<bool>,
) -> Result<()> {
    let options = HousekeepingOptions { policy, ..HousekeepingOptions::default() };
    let period = options.period;
    let mut housekeeping = Housekeeping::new(lakehouse, options);
    let rounds = async {
        loop {
            tokio::time::sleep(period).await;
            match housekeeping.round().await {
                Ok(Some((expired, reclaimed))) => info!(
                    "housekeeping removed {} blocks and {} objects",
                    expired.blocks, reclaimed.deleted
                ),
                Ok(None) => {}
                Err(error) => warn!("housekeeping goes on later: {error}"),
            }
        }
    };
    tokio::select! {
        () = rounds => {}
        () = told_to_stop(stopping) => {}
    }
    Ok(())
}

async fn told_to_stop(mut stopping: watch::Receiver<bool>) {
    // An error means that the server is gone, which is a reason to stop too.
    let _ = stopping.wait_for(|stop| *stop).await;
}
