//! Asking a FlightSQL server: one connection, one query after the other.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::{Schema, SchemaRef};
use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::error::FlightError;
use arrow_flight::flight_service_client::FlightServiceClient;
use arrow_flight::sql::client::FlightSqlServiceClient;
use chrono::{DateTime, SecondsFormat, Utc};
use futures::{Stream, StreamExt, TryStreamExt};
use tonic::Code;
use tonic::transport::{Channel, Endpoint};

use crate::query::TimeRange;

/// How large one message of rows may be. Servers send far smaller ones; a single row with a very
/// long text can still need it.
const MESSAGE_BYTES_MAX: usize = 256 * 1024 * 1024;

/// How long a server may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection to a FlightSQL server.
#[derive(Debug)]
pub(crate) struct QueryClient {
    client: FlightSqlServiceClient<Channel>,
}

/// The rows of one answer, as they arrive.
pub(crate) struct Rows {
    schema: SchemaRef,
    first: Option<RecordBatch>,
    batches: FlightRecordBatchStream,
}

impl QueryClient {
    /// Connects to `url`: `http://host:port`, `grpc://host:port` or just `host:port`.
    pub(crate) async fn connect(url: &str) -> Result<Self> {
        let endpoint = endpoint(url)?;
        let channel = endpoint.connect().await.map_err(|_| {
            anyhow!(
                "no server answers at {url}; start one with `micromegas serve`, or name another \
                 with --url"
            )
        })?;
        let client = FlightServiceClient::new(channel).max_decoding_message_size(MESSAGE_BYTES_MAX);
        Ok(Self { client: FlightSqlServiceClient::new_from_inner(client) })
    }

    /// Asks with this key or token from now on.
    pub(crate) fn authorize(&mut self, key: &str) -> Result<()> {
        let key = key.trim();
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            bail!("the key or token to ask with has characters that none has");
        }
        self.client.set_token(key.to_owned());
        Ok(())
    }

    /// Runs one statement. The rows come as a stream; dropping it ends the query on the server.
    pub(crate) async fn query(&mut self, sql: &str, range: TimeRange) -> Result<Rows> {
        let (begin, end) = match range.bounds {
            Some((begin, end)) => {
                let text = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Nanos, true);
                (text(begin), text(end))
            }
            // Headers stay with the connection; empty ones mean no range.
            None => (String::new(), String::new()),
        };
        self.client.set_header("query_range_begin", begin);
        self.client.set_header("query_range_end", end);
        let info = self.client.execute(sql.to_owned(), None).await.map_err(explain)?;
        let schema = info.clone().try_decode_schema().unwrap_or_else(|_| Schema::empty());
        let endpoint = info.endpoint.into_iter().next();
        let ticket = endpoint.and_then(|endpoint| endpoint.ticket);
        let ticket = ticket.context("the server's answer has no ticket to fetch the rows with")?;
        let batches = self.client.do_get(ticket).await.map_err(explain)?;
        Rows::open(schema, batches).await
    }

    /// Runs one statement and waits for all of its rows, as one batch.
    pub(crate) async fn fetch_all(&mut self, sql: &str) -> Result<RecordBatch> {
        let rows = self.query(sql, TimeRange::ALL).await?;
        let schema = rows.schema();
        let batches: Vec<RecordBatch> = rows.try_collect().await?;
        Ok(concat_batches(&schema, &batches)?)
    }
}

impl Rows {
    async fn open(described: Schema, mut batches: FlightRecordBatchStream) -> Result<Self> {
        // The rows' own schema rules; the description is all there is when no row comes.
        let first = batches.next().await.transpose().map_err(explain)?;
        let schema = batches.schema().cloned().unwrap_or_else(|| Arc::new(described));
        Ok(Self { schema, first, batches })
    }

    /// The columns of all batches.
    pub(crate) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

impl Stream for Rows {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        self.batches.poll_next_unpin(cx).map_err(explain)
    }
}

fn endpoint(url: &str) -> Result<Endpoint> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    if !matches!(scheme, "http" | "grpc" | "grpc+tcp") {
        bail!("cannot query over {scheme}; give an address such as http://127.0.0.1:50051");
    }
    let endpoint = Endpoint::from_shared(format!("http://{rest}")).map_err(|_| {
        anyhow!("{url} is no address; give one such as http://127.0.0.1:50051 with --url")
    })?;
    Ok(endpoint.connect_timeout(CONNECT_TIMEOUT).tcp_nodelay(true))
}

/// A refused query in the server's words, without the words of the layers in between.
fn explain(error: FlightError) -> anyhow::Error {
    let FlightError::Tonic(status) = error else {
        return anyhow::Error::new(error).context("the server's answer cannot be read");
    };
    let message = status.message();
    match status.code() {
        Code::InvalidArgument => anyhow!("the query was refused: {message}"),
        Code::ResourceExhausted => anyhow!("the query needs more than it may have: {message}"),
        Code::Unauthenticated | Code::PermissionDenied => anyhow!("not allowed: {message}"),
        Code::Unavailable => anyhow!("the server went away; is it still running? ({message})"),
        _ => anyhow!("the query failed: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_as_people_write_them() {
        for url in ["http://localhost:1", "grpc://localhost:1", "localhost:1", "127.0.0.1:50051"] {
            assert!(endpoint(url).is_ok(), "{url}");
        }
        for url in ["https://localhost:1", "postgres://localhost", "", "http://a b"] {
            assert!(endpoint(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_refused_query_is_told_in_the_servers_words() {
        let status = tonic::Status::invalid_argument("table 'x' not found");
        let error = explain(FlightError::from(status));
        assert_eq!(error.to_string(), "the query was refused: table 'x' not found");
    }
}
