//! A connection to ask over and over.

use arrow::array::AsArray;
use arrow_flight::sql::client::FlightSqlServiceClient;
use futures::TryStreamExt;
use tokio::runtime::Runtime;
use tonic::transport::{Channel, Endpoint};

/// Asks one question after the other.
pub(crate) struct Client {
    runtime: Runtime,
    client: FlightSqlServiceClient<Channel>,
}

impl Client {
    pub(crate) fn connect(url: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        let endpoint = Endpoint::from_shared(url.to_owned()).unwrap();
        let channel = runtime.block_on(endpoint.connect()).unwrap();
        Self { runtime, client: FlightSqlServiceClient::new(channel) }
    }

    /// The first column of the answer.
    pub(crate) fn texts(&mut self, sql: &str) -> Vec<String> {
        let Self { runtime, client } = self;
        runtime.block_on(async {
            let info = client.execute(sql.to_owned(), None).await.unwrap();
            let ticket = info.endpoint.into_iter().next().unwrap().ticket.unwrap();
            let rows = client.do_get(ticket).await.unwrap();
            let batches: Vec<_> = rows.try_collect().await.unwrap();
            let texts = batches.iter().flat_map(|batch| {
                batch.column(0).as_string::<i32>().iter().flatten().map(str::to_owned)
            });
            texts.collect()
        })
    }
}
