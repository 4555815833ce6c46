//! What drivers ask about a server: its catalogs, schemas, tables and abilities.

use std::sync::LazyLock;

use arrow_flight::error::FlightError;
use arrow_flight::sql::metadata::{SqlInfoData, SqlInfoDataBuilder};
use arrow_flight::sql::{
    CommandGetCatalogs, CommandGetDbSchemas, CommandGetTableTypes, CommandGetTables, SqlInfo,
};
use datafusion::arrow::array::RecordBatch;
use micromegas_lakehouse::Principal;
use tonic::Status;

use super::dictionaries::client_schema;
use super::headers::QueryHeaders;
use super::session::{CATALOG, SCHEMA, Sessions};
use super::status::status_of_error;

/// The only type of table here.
const TABLE_TYPE: &str = "table";

static SQL_INFO: LazyLock<Result<SqlInfoData, FlightError>> = LazyLock::new(|| {
    let mut info = SqlInfoDataBuilder::new();
    info.append(SqlInfo::FlightSqlServerName, "Micromegas Flight SQL Server");
    info.append(SqlInfo::FlightSqlServerVersion, env!("CARGO_PKG_VERSION"));
    info.append(SqlInfo::FlightSqlServerArrowVersion, "1.3");
    info.append(SqlInfo::FlightSqlServerReadOnly, true);
    info.append(SqlInfo::FlightSqlServerSql, true);
    info.append(SqlInfo::FlightSqlServerSubstrait, false);
    info.append(SqlInfo::SqlIdentifierQuoteChar, "\"");
    info.append(SqlInfo::SqlDdlCatalog, false);
    info.append(SqlInfo::SqlDdlSchema, false);
    info.append(SqlInfo::SqlDdlTable, false);
    info.build()
});

/// What the server can do.
pub(super) fn sql_info() -> Result<&'static SqlInfoData, Status> {
    SQL_INFO.as_ref().map_err(encoding_error)
}

pub(super) fn catalogs(command: CommandGetCatalogs) -> Result<RecordBatch, Status> {
    let mut builder = command.into_builder();
    builder.append(CATALOG);
    builder.build().map_err(encoding_error)
}

pub(super) fn schemas(command: CommandGetDbSchemas) -> Result<RecordBatch, Status> {
    let mut builder = command.into_builder();
    builder.append(CATALOG, SCHEMA);
    builder.build().map_err(encoding_error)
}

pub(super) async fn tables(
    command: CommandGetTables,
    sessions: &Sessions,
    principal: &Principal,
    headers: &QueryHeaders,
) -> Result<RecordBatch, Status> {
    let mut builder = command.into_builder();
    let defined = sessions.tables().defined_views(principal).await;
    let defined = defined.map_err(|error| status_of_error(&error))?;
    let always = sessions.tables().tables(principal).into_iter();
    let always = always.map(|(name, table)| (name.to_owned(), table));
    for (name, table) in always.chain(defined) {
        let schema = client_schema(&table.schema(), headers.preserve_dictionary);
        builder.append(CATALOG, SCHEMA, name, TABLE_TYPE, &schema).map_err(encoding_error)?;
    }
    builder.build().map_err(encoding_error)
}

pub(super) fn table_types(command: CommandGetTableTypes) -> Result<RecordBatch, Status> {
    let mut builder = command.into_builder();
    builder.append(TABLE_TYPE);
    builder.build().map_err(encoding_error)
}

pub(super) fn encoding_error(error: impl std::fmt::Display) -> Status {
    Status::internal(format!("the answer cannot be encoded: {error}"))
}
