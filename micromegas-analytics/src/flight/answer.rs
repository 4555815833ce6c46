//! Batches and schemas as messages of Arrow Flight.

use arrow_flight::encode::{DictionaryHandling, FlightDataEncoderBuilder};
use arrow_flight::error::FlightError;
use arrow_flight::flight_service_server::FlightService;
use arrow_flight::sql::ProstMessageExt;
use arrow_flight::{FlightDescriptor, FlightEndpoint, FlightInfo, IpcMessage, SchemaAsIpc, Ticket};
use bytes::Bytes;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::ipc::writer::IpcWriteOptions;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use prost::Message;
use tonic::{Response, Status};

use super::server::FlightSqlServer;

pub(super) type DoGetStream = <FlightSqlServer as FlightService>::DoGetStream;

/// A stream of batches, all of this schema.
pub(super) fn batches(
    schema: SchemaRef,
    batches: BoxStream<'static, Result<RecordBatch, Status>>,
) -> Response<DoGetStream> {
    let data = FlightDataEncoderBuilder::new()
        .with_schema(schema)
        .with_dictionary_handling(DictionaryHandling::Resend)
        .build(batches.map_err(FlightError::from))
        .map_err(Status::from);
    Response::new(data.boxed())
}

/// A single batch.
pub(super) fn batch(batch: RecordBatch) -> Response<DoGetStream> {
    batches(batch.schema(), stream::iter([Ok(batch)]).boxed())
}

/// Where the answer to a command is: here, for a ticket that is the command itself.
pub(super) fn info(
    schema: &Schema,
    ticket: &impl ProstMessageExt,
    descriptor: FlightDescriptor,
) -> Result<Response<FlightInfo>, Status> {
    let ticket = Ticket::new(ticket.as_any().encode_to_vec());
    let info = FlightInfo::new()
        .try_with_schema(schema)
        .map_err(|error| encoding_error(&error))?
        .with_endpoint(FlightEndpoint::new().with_ticket(ticket))
        .with_descriptor(descriptor);
    Ok(Response::new(info))
}

/// A schema as an IPC message.
pub(super) fn schema_message(schema: &Schema) -> Result<Bytes, Status> {
    let options = IpcWriteOptions::default();
    let message: Result<IpcMessage, ArrowError> = SchemaAsIpc::new(schema, &options).try_into();
    Ok(message.map_err(|error| encoding_error(&error))?.0)
}

pub(super) fn encoding_error(error: &ArrowError) -> Status {
    Status::internal(format!("the answer cannot be encoded: {error}"))
}
