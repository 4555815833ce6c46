//! The calls of FlightSQL.

use std::pin::Pin;

use arrow_flight::sql::server::{FlightSqlService, PeekableFlightDataStream};
use arrow_flight::sql::{
    ActionClosePreparedStatementRequest, ActionCreatePreparedStatementRequest,
    ActionCreatePreparedStatementResult, CommandGetCatalogs, CommandGetDbSchemas,
    CommandGetSqlInfo, CommandGetTableTypes, CommandGetTables, CommandPreparedStatementQuery,
    CommandPreparedStatementUpdate, CommandStatementQuery, CommandStatementUpdate, SqlInfo,
    TicketStatementQuery,
};
use arrow_flight::{
    Action, FlightDescriptor, FlightInfo, HandshakeRequest, HandshakeResponse, Ticket,
};
use bytes::Bytes;
use datafusion::arrow::datatypes::Schema;
use futures::Stream;
use futures::stream::{self, StreamExt};
use micromegas_tracing::prelude::*;
use tonic::metadata::MetadataValue;
use tonic::{Request, Response, Status, Streaming};

use super::answer::{self, DoGetStream};
use super::catalog;
use super::headers::QueryHeaders;
use super::query::Query;
use super::server::FlightSqlServer;

type InfoResult = Result<Response<FlightInfo>, Status>;
type DataResult = Result<Response<DoGetStream>, Status>;

impl FlightSqlServer {
    async fn query<T>(&self, request: &Request<T>, sql: &str) -> Result<Query, Status> {
        let principal = self.principal_of(request)?;
        let headers = QueryHeaders::read(request.metadata())?;
        let query = Query::plan(&self.sessions, &principal, &headers, sql).await;
        if let Err(status) = &query {
            debug!("a query of {} was refused: {}", principal.subject(), status.message());
        }
        query
    }

    /// The ticket of a statement is its text: nothing has to be remembered between the calls.
    async fn statement_info(&self, sql: String, request: Request<FlightDescriptor>) -> InfoResult {
        let query = self.query(&request, &sql).await?;
        let ticket = TicketStatementQuery { statement_handle: sql.into() };
        answer::info(query.schema(), &ticket, request.into_inner())
    }

    async fn update<T>(&self, sql: &str, request: Request<T>) -> Result<i64, Status> {
        let query = self.query(&request, sql).await?;
        if !query.is_update() {
            return Err(Status::invalid_argument("this is a query: ask it as one"));
        }
        drop(query.run().await?);
        Ok(0)
    }

    async fn statement_data(&self, sql: &Bytes, request: Request<Ticket>) -> DataResult {
        let query = self.query(&request, text(sql)?).await?;
        let schema = std::sync::Arc::clone(query.schema());
        Ok(answer::batches(schema, query.run().await?))
    }
}

fn text(sql: &Bytes) -> Result<&str, Status> {
    std::str::from_utf8(sql)
        .map_err(|_| Status::invalid_argument("the statement is not text in UTF-8"))
}

#[tonic::async_trait]
impl FlightSqlService for FlightSqlServer {
    type FlightService = Self;

    /// Accepts everybody: who may do what is decided for each call.
    async fn do_handshake(
        &self,
        _request: Request<Streaming<HandshakeRequest>>,
    ) -> Result<
        Response<Pin<Box<dyn Stream<Item = Result<HandshakeResponse, Status>> + Send>>>,
        Status,
    > {
        let answer = HandshakeResponse { protocol_version: 0, payload: Bytes::new() };
        let answers: Pin<Box<dyn Stream<Item = _> + Send>> = stream::iter([Ok(answer)]).boxed();
        let mut response = Response::new(answers);
        let token = MetadataValue::from_static("Bearer anonymous");
        response.metadata_mut().insert("authorization", token);
        Ok(response)
    }

    async fn get_flight_info_statement(
        &self,
        query: CommandStatementQuery,
        request: Request<FlightDescriptor>,
    ) -> InfoResult {
        self.statement_info(query.query, request).await
    }

    async fn do_get_statement(
        &self,
        ticket: TicketStatementQuery,
        request: Request<Ticket>,
    ) -> DataResult {
        self.statement_data(&ticket.statement_handle, request).await
    }

    /// A prepared statement's handle is its text, so there is nothing to keep or to close.
    async fn do_action_create_prepared_statement(
        &self,
        statement: ActionCreatePreparedStatementRequest,
        request: Request<Action>,
    ) -> Result<ActionCreatePreparedStatementResult, Status> {
        let query = self.query(&request, &statement.query).await?;
        Ok(ActionCreatePreparedStatementResult {
            prepared_statement_handle: statement.query.into(),
            dataset_schema: answer::schema_message(query.schema())?,
            parameter_schema: answer::schema_message(&Schema::empty())?,
        })
    }

    async fn do_action_close_prepared_statement(
        &self,
        _statement: ActionClosePreparedStatementRequest,
        _request: Request<Action>,
    ) -> Result<(), Status> {
        Ok(())
    }

    async fn get_flight_info_prepared_statement(
        &self,
        statement: CommandPreparedStatementQuery,
        request: Request<FlightDescriptor>,
    ) -> InfoResult {
        let sql = text(&statement.prepared_statement_handle)?.to_owned();
        self.statement_info(sql, request).await
    }

    async fn do_get_prepared_statement(
        &self,
        statement: CommandPreparedStatementQuery,
        request: Request<Ticket>,
    ) -> DataResult {
        self.statement_data(&statement.prepared_statement_handle, request).await
    }

    /// Statements that make or drop views; no rows are counted.
    async fn do_put_statement_update(
        &self,
        statement: CommandStatementUpdate,
        request: Request<PeekableFlightDataStream>,
    ) -> Result<i64, Status> {
        self.update(&statement.query, request).await
    }

    async fn do_put_prepared_statement_update(
        &self,
        statement: CommandPreparedStatementUpdate,
        request: Request<PeekableFlightDataStream>,
    ) -> Result<i64, Status> {
        let sql = text(&statement.prepared_statement_handle)?.to_owned();
        self.update(&sql, request).await
    }

    async fn get_flight_info_catalogs(
        &self,
        command: CommandGetCatalogs,
        request: Request<FlightDescriptor>,
    ) -> InfoResult {
        let schema = command.into_builder().schema();
        answer::info(&schema, &command, request.into_inner())
    }

    async fn do_get_catalogs(
        &self,
        command: CommandGetCatalogs,
        _request: Request<Ticket>,
    ) -> DataResult {
        Ok(answer::batch(catalog::catalogs(command)?))
    }

    async fn get_flight_info_schemas(
        &self,
        command: CommandGetDbSchemas,
        request: Request<FlightDescriptor>,
    ) -> InfoResult {
        let schema = command.clone().into_builder().schema();
        answer::info(&schema, &command, request.into_inner())
    }

    async fn do_get_schemas(
        &self,
        command: CommandGetDbSchemas,
        _request: Request<Ticket>,
    ) -> DataResult {
        Ok(answer::batch(catalog::schemas(command)?))
    }

    async fn get_flight_info_tables(
        &self,
        command: CommandGetTables,
        request: Request<FlightDescriptor>,
    ) -> InfoResult {
        let schema = command.clone().into_builder().schema();
        answer::info(&schema, &command, request.into_inner())
    }

    async fn do_get_tables(
        &self,
        command: CommandGetTables,
        request: Request<Ticket>,
    ) -> DataResult {
        let principal = self.principal_of(&request)?;
        let headers = QueryHeaders::read(request.metadata())?;
        let tables = catalog::tables(command, &self.sessions, &principal, &headers).await?;
        Ok(answer::batch(tables))
    }

    async fn get_flight_info_table_types(
        &self,
        command: CommandGetTableTypes,
        request: Request<FlightDescriptor>,
    ) -> InfoResult {
        let schema = command.into_builder().schema();
        answer::info(&schema, &command, request.into_inner())
    }

    async fn do_get_table_types(
        &self,
        command: CommandGetTableTypes,
        _request: Request<Ticket>,
    ) -> DataResult {
        Ok(answer::batch(catalog::table_types(command)?))
    }

    async fn get_flight_info_sql_info(
        &self,
        command: CommandGetSqlInfo,
        request: Request<FlightDescriptor>,
    ) -> InfoResult {
        let schema = command.clone().into_builder(catalog::sql_info()?).schema();
        answer::info(&schema, &command, request.into_inner())
    }

    async fn do_get_sql_info(
        &self,
        command: CommandGetSqlInfo,
        _request: Request<Ticket>,
    ) -> DataResult {
        let batch = command.into_builder(catalog::sql_info()?).build();
        Ok(answer::batch(batch.map_err(catalog::encoding_error)?))
    }

    /// What the server can do is fixed.
    async fn register_sql_info(&self, _id: i32, _result: &SqlInfo) {}
}
