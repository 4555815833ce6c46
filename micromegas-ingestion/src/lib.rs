//! The ingestion routes of Micromegas, as an axum router for your own application.
//!
//! A telemetry client sends three kinds of documents: one per *process*, one per *stream*, and one
//! per *block* of events. This crate takes them and puts them into the lake. It never looks inside
//! a block's payload: the bytes that arrive are the bytes that are stored.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use micromegas_ingestion::{IngestionOptions, IngestionService, router};
//! use micromegas_lakehouse::Lakehouse;
//!
//! let lakehouse = Lakehouse::open_local("./micromegas-data").await?;
//! let service = Arc::new(IngestionService::new(lakehouse, IngestionOptions::default()));
//! let app: axum::Router = axum::Router::new()
//!     .route("/", axum::routing::get(|| async { "my own application" }))
//!     .nest("/telemetry", router(service));
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:9000").await?;
//! axum::serve(listener, app).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Routes
//!
//! | route | body | answers |
//! |---|---|---|
//! | `POST /ingestion/insert_process`, `POST /insert_process` | CBOR process document | see below |
//! | `POST /ingestion/insert_stream`, `POST /insert_stream` | CBOR stream document | see below |
//! | `POST /ingestion/insert_block`, `POST /insert_block` | CBOR block document | see below |
//! | `GET /ingestion/control`, `GET /control` | – | settings for the process that asks |
//! | `POST`, `GET /ingestion/control/rules`, `DELETE …/rules/{id}`, `GET /ingestion/control/audit` | JSON | see [`control`] |
//! | `POST /v1/{logs,metrics,traces}`, also under `/otlp` and `/ingestion/otlp` | OTLP, with the cargo feature `otlp` | as OTLP says |
//! | `GET /health` | – | 200 while the process answers at all |
//! | `GET /ready` | – | 200 when both stores answer, else 503 naming those that do not |
//! | `GET /metrics` | – | counters of this service, in the text format of Prometheus |
//!
//! The paths without `/ingestion` are the ones that clients call whose base URL ends in a slash.
//! `Content-Type` is not looked at: half of the clients do not send one.
//!
//! # What an answer means
//!
//! - **200**, empty: the document is stored and survives a kill of this process at that instant;
//!   or it was stored before. Documents are idempotent by id, the first one wins. Only a client that
//!   says that it can be controlled gets a body, its settings.
//! - **4xx**: never send these bytes again. The body is one sentence that says why.
//! - **503** with `Retry-After`: send the same bytes again, later.
//!
//! Every answer to a document carries `micromegas-accept`, by which clients know that they may send
//! planar blocks ([`micromegas_transit::planar`]), and with which codecs: LZ4, and zstd with the
//! cargo feature `zstd`.
//!
//! A block may arrive before its stream, and a stream before its process: it is stored, and it
//! becomes visible when the last of the three has arrived.
//!
//! # OTLP
//!
//! With the cargo feature `otlp`, logs, metrics and traces of OpenTelemetry are taken, too: over HTTP
//! as protobuf and JSON, compressed with gzip, zstd or deflate, by the routes above, and over gRPC by
//! the services in [`otlp`], for a tonic server of the host's. Requests are split by resource and
//! stored as they were sent; ids follow from the bytes, so that a request that is sent again is stored
//! once. Rules may drop or hash attributes before anything is stored ([`Redaction`](micromegas_lakehouse::Redaction)).
//!
//! # Control
//!
//! Whoever has the right `control` may change what processes of the same tenant record, for a while:
//! levels, verbosity and sampling. The settings come to a process in the answers to what it sends
//! ([`control`]).
//!
//! # Its own telemetry
//!
//! The service records with `micromegas-tracing`, which the host may send anywhere, to this very
//! service too: documents of the process itself are taken in silence, so that telling about them
//! does not make more of them.
//!
//! # Limits
//!
//! One body may have [`IngestionOptions::body_bytes_max`] bytes, and all bodies being worked on
//! together [`IngestionOptions::in_flight_bytes_max`]; so memory stays bounded whatever clients do.
//! A stream whose types contain each other, or exceed [`IngestionOptions::layout_limits`], is
//! refused when it is registered: no reader could decode its blocks.
//!
//! [`LimitLayer`] in front of the router holds each tenant to rates and to a share of the memory,
//! and ends bodies that come too slowly. The time for a request's head is the listener's matter.
//!
//! # Who is asking
//!
//! A layer in front of the router may put a [`micromegas_lakehouse::Principal`] into the request's
//! extensions; documents go to that principal's tenant. What requests without one may do is
//! [`IngestionOptions::anonymous`]'s decision.
//!
//! # What this crate is not
//!
//! No listener, no TLS, no signal handling, no configuration: those belong to the host.
//! [`IngestionService`] does the same work without HTTP.
#![forbid(unsafe_code)]

mod admission;
mod answer;
mod body;
pub mod control;
mod error;
mod exposition;
mod limits;
mod options;
#[cfg(feature = "otlp")]
pub mod otlp;
mod request;
mod reserved;
mod router;
mod service;
mod statistics;

pub use error::Error;
pub use limits::{
    BodyPace, LimitBody, LimitLayer, LimitOptions, LimitService, LimitedBody, TenantLimits,
};
pub use options::IngestionOptions;
pub use router::{ingestion_routes, probe_routes, router};
pub use service::{DocumentKind, IngestionService};
