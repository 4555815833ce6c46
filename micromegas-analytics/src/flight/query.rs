//! From SQL text to a stream of batches.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::TableReference;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{DataFrame, SQLOptions, SessionContext};
use datafusion::sql::parser::Statement;
use futures::stream::{self, BoxStream, StreamExt};
use micromegas_lakehouse::Principal;
use tonic::Status;

use super::dictionaries::{client_batch, client_schema};
use super::headers::QueryHeaders;
use super::session::Sessions;
use super::status::{position_of, status_of, status_of_error};
use crate::admin::PartitionJob;
use crate::nearest::suggestion;
use crate::register::Tables;
use crate::sql_view::ViewStatement;

/// A planned query.
pub(super) struct Query {
    work: Work,
    schema: SchemaRef,
}

/// What a query does when it runs.
enum Work {
    /// Reads.
    Read(Box<DataFrame>),
    /// Makes or drops views, and tells what it has done.
    Views { tables: Tables, principal: Principal, statement: ViewStatement },
}

impl Query {
    /// Plans a query that reads and changes nothing but the views that there are. No block is
    /// decoded for it yet, and nothing is changed.
    pub(super) async fn plan(
        sessions: &Sessions,
        principal: &Principal,
        headers: &QueryHeaders,
        sql: &str,
    ) -> Result<Self, Status> {
        let context =
            sessions.context(principal, headers).map_err(|error| status_of_error(&error))?;
        if let Some(statement) = view_statement(&context, sql)? {
            let schema = client_schema(&PartitionJob::schema(), headers.preserve_dictionary);
            let (tables, principal) = (sessions.tables().clone(), principal.clone());
            return Ok(Self { work: Work::Views { tables, principal, statement }, schema });
        }
        let plan = logical_plan(&context, sql).await?;
        let mut frame = DataFrame::new(context.state(), plan);
        if headers.limit.is_some() {
            frame = frame.limit(0, headers.limit).map_err(|error| status_of(&error))?;
        }
        let schema = client_schema(frame.schema().as_arrow(), headers.preserve_dictionary);
        Ok(Self { work: Work::Read(Box::new(frame)), schema })
    }

    /// Whether it changes something.
    pub(super) fn is_update(&self) -> bool {
        matches!(self.work, Work::Views { .. })
    }

    /// The schema that the client sees.
    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Runs the query. Dropping the stream ends it.
    pub(super) async fn run(
        self,
    ) -> Result<BoxStream<'static, Result<RecordBatch, Status>>, Status> {
        let schema = self.schema;
        let frame = match self.work {
            Work::Read(frame) => frame,
            Work::Views { tables, principal, statement } => {
                let told = tables.run_view_statement(&principal, &statement).await;
                let told = told.map_err(|error| status_of_error(&error))?;
                let rows: Vec<_> = told
                    .iter()
                    .map(|message| PartitionJob::row(message).map_err(|error| status_of(&error)))
                    .collect();
                return Ok(stream::iter(rows).boxed());
            }
        };
        let stream = frame.execute_stream().await.map_err(|error| status_of(&error))?;
        let batches = stream.map(move |batch| {
            let convert = |batch| client_batch(&batch, &schema).map_err(DataFusionError::from);
            batch.and_then(convert).map_err(|error| status_of(&error))
        });
        Ok(batches.boxed())
    }
}

/// The statement about views that a text is, if it is one. What cannot be read is left to the
/// planner, which tells what is wrong with it.
fn view_statement(context: &SessionContext, sql: &str) -> Result<Option<ViewStatement>, Status> {
    let state = context.state();
    let dialect = state.config_options().sql_parser.dialect;
    match state.sql_to_statement(sql, &dialect) {
        Ok(statement) => ViewStatement::of(&statement).map_err(|error| status_of_error(&error)),
        Err(_) => Ok(None),
    }
}

async fn logical_plan(context: &SessionContext, sql: &str) -> Result<LogicalPlan, Status> {
    if sql.trim().is_empty() {
        return Err(Status::invalid_argument("the query is empty: write a SELECT statement"));
    }
    let state = context.state();
    let dialect = state.config_options().sql_parser.dialect;
    let statement = state.sql_to_statement(sql, &dialect).map_err(|error| status_of(&error))?;
    let plan = match state.statement_to_plan(statement.clone()).await {
        Ok(plan) => plan,
        Err(error) => {
            check_tables(context, &state, &statement, sql)?;
            return Err(status_of(&error));
        }
    };
    let read_only =
        SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    match read_only.verify_plan(&plan) {
        Ok(()) => Ok(plan),
        Err(_) => Err(Status::invalid_argument(
            "only queries are allowed here: SELECT, WITH, VALUES, EXPLAIN, SHOW and DESCRIBE",
        )),
    }
}

/// Refuses tables and table functions that do not exist, and says which one is meant perhaps.
fn check_tables(
    context: &SessionContext,
    state: &SessionState,
    statement: &Statement,
    sql: &str,
) -> Result<(), Status> {
    let tables = state.resolve_table_references(statement).map_err(|error| status_of(&error))?;
    for table in tables {
        let is_function = matches!(&table, TableReference::Bare { table }
            if state.table_functions().contains_key(table.as_ref()));
        if is_function || context.table_exist(table.clone()).unwrap_or(false) {
            continue;
        }
        let schema = state.schema_for_ref(table.clone()).map_err(|error| status_of(&error))?;
        let mut known = schema.table_names();
        known.extend(state.table_functions().keys().cloned());
        let name = table.table();
        let hint = suggestion("table", name, known.iter().map(String::as_str));
        let message = hint + &position_of(name, sql);
        return Err(Status::invalid_argument(message));
    }
    Ok(())
}
