//! Tables and functions in a DataFusion context of the host.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::optimizer::AnalyzerRule;
use datafusion::prelude::SessionContext;
use micromegas_lakehouse::{Lakehouse, Principal, Rights, Tenant};

use crate::admin::{LakehouseLag, ListViewSets, PartitionFunction, PartitionJob};
use crate::columns::{Column, TableDoc};
use crate::computed::{CallGraph, ComputedScan, Trace};
use crate::derived::derived_tables;
use crate::engine::Engine;
use crate::error::Error;
use crate::events::{EventSchema, ListEventTypes};
use crate::functions::scalar_functions;
use crate::histogram::histogram_aggregates;
use crate::options::Options;
use crate::scan::{ViewScan, ViewScope};
use crate::snapshot::{LakeTable, PinSnapshot, SnapshotScan};
use crate::sql_view::{SqlViewScan, ViewSchema, ViewStatement, built_in_docs};
use crate::table_functions::{
    CallGraphFunction, NoArgumentFunction, ThreadSpansFunction, TraceFunction, ViewInstanceFunction,
};
use crate::tables::{
    AuditLog, Blocks, MetadataScan, MetadataTable, Partitions, Processes, QuarantinedBlocks,
    Streams,
};
use crate::view::{Instances, views};

/// Adds everything that a principal may see to a context: the tables `processes`, `streams`,
/// `blocks`, `audit_log`, `log_entries`, `measures` and the other views, the table functions, with
/// those that change partitions for administrators only, functions for properties, and the rule
/// that gives each query one snapshot.
///
/// # Errors
///
/// If the context refuses a table, because it has one of that name for example.
pub fn register(
    context: &SessionContext,
    lakehouse: Lakehouse,
    principal: Principal,
    options: Options,
) -> Result<(), Error> {
    let tables = Tables::try_new(lakehouse, options)?;
    tables.register_shared(context);
    tables.register_for(context, &principal)
}

/// The tables of one lakehouse, for hosts that choose what they register under which name.
/// [`register`] is the short way.
#[derive(Debug, Clone)]
pub struct Tables {
    engine: Arc<Engine>,
}

impl Tables {
    /// Tables of a lakehouse. They share the caches of the options.
    ///
    /// # Errors
    ///
    /// None that depends on the arguments.
    pub fn try_new(lakehouse: Lakehouse, options: Options) -> Result<Self, Error> {
        Ok(Self { engine: Engine::new(lakehouse, options)? })
    }

    /// The rule that gives all scans of a query one snapshot. A context needs it once.
    pub fn pin_snapshot(&self) -> Arc<dyn AnalyzerRule + Send + Sync> {
        Arc::new(PinSnapshot::new(Arc::clone(&self.engine)))
    }

    /// Registers what does not depend on who asks: the lakehouse's objects, functions, and the
    /// rule that gives each query one snapshot.
    pub fn register_shared(&self, context: &SessionContext) {
        let objects = Arc::clone(self.engine.lakehouse().objects());
        context.register_object_store(self.engine.object_store_url().as_ref(), objects);
        context.add_analyzer_rule(self.pin_snapshot());
        for function in scalar_functions() {
            context.register_udf(function);
        }
        for function in histogram_aggregates() {
            context.register_udaf(function);
        }
    }

    /// Registers the tables and table functions, limited to what a principal may see.
    ///
    /// # Errors
    ///
    /// If the context refuses a table.
    pub fn register_for(
        &self,
        context: &SessionContext,
        principal: &Principal,
    ) -> Result<(), Error> {
        for (name, table) in self.tables(principal) {
            context.register_table(name, table)?;
        }
        let tenants = tenants_of(principal);
        let instances = ViewInstanceFunction::new(Arc::clone(&self.engine), Arc::clone(&tenants));
        context.register_udtf("view_instance", Arc::new(instances));
        let spans = ThreadSpansFunction::new(Arc::clone(&self.engine), Arc::clone(&tenants));
        context.register_udtf(ThreadSpansFunction::NAME, Arc::new(spans));
        let graph = CallGraphFunction::new(Arc::clone(&self.engine), Arc::clone(&tenants));
        context.register_udtf(CallGraph::NAME, Arc::new(graph));
        let trace = TraceFunction::new(Arc::clone(&self.engine), Arc::clone(&tenants));
        context.register_udtf(Trace::NAME, Arc::new(trace));
        self.register_events(context, &tenants)?;
        self.register_views(context, &tenants)?;
        let of = || Arc::clone(&tenants);
        let computed = |computation| self.table(ComputedScan::new(computation, of()));
        let without_arguments = [
            (ListEventTypes::NAME, computed(Arc::new(ListEventTypes))),
            (ListViewSets::NAME, computed(Arc::new(ListViewSets))),
            (LakehouseLag::NAME, computed(Arc::new(LakehouseLag))),
            (QuarantinedBlocks::NAME, self.table(MetadataScan::<QuarantinedBlocks>::new(of()))),
            (Partitions::NAME, self.table(MetadataScan::<Partitions>::new(of()))),
        ];
        for (name, table) in without_arguments {
            context.register_udtf(name, Arc::new(NoArgumentFunction::new(name, table)));
        }
        if principal.can(Rights::ADMIN) {
            for (name, function) in
                PartitionFunction::all(&self.engine, &tenants, principal.subject())
            {
                context.register_udtf(name, Arc::new(function));
            }
        }
        Ok(())
    }

    /// The schema of custom events, beside the schema in which the tables are.
    fn register_events(
        &self,
        context: &SessionContext,
        tenants: &Arc<[Tenant]>,
    ) -> Result<(), Error> {
        let state = context.state();
        let name = &state.config_options().catalog.default_catalog;
        let catalog = context
            .catalog(name)
            .ok_or_else(|| Error::invalid(format!("the context has no catalog {name:?}")))?;
        let events = EventSchema::new(Arc::clone(&self.engine), Arc::clone(tenants));
        catalog.register_schema(EventSchema::NAME, Arc::new(events))?;
        Ok(())
    }

    /// Views that people have defined, in the schema in which the tables are.
    fn register_views(
        &self,
        context: &SessionContext,
        tenants: &Arc<[Tenant]>,
    ) -> Result<(), Error> {
        let state = context.state();
        let defaults = &state.config_options().catalog;
        let (catalog, schema) = (&defaults.default_catalog, &defaults.default_schema);
        let catalog = context
            .catalog(catalog)
            .ok_or_else(|| Error::invalid(format!("the context has no catalog {catalog:?}")))?;
        let inner = catalog
            .schema(schema)
            .ok_or_else(|| Error::invalid(format!("the context has no schema {schema:?}")))?;
        let with_views = ViewSchema::new(inner, Arc::clone(&self.engine), Arc::clone(tenants));
        catalog.register_schema(schema, Arc::new(with_views))?;
        Ok(())
    }

    /// Makes or drops a materialized view of the principal's home tenant, if the statement is one
    /// that does: `CREATE [OR REPLACE] MATERIALIZED VIEW [IF NOT EXISTS] name AS SELECT …` or
    /// `DROP MATERIALIZED VIEW [IF EXISTS] name`. Tells what was done, or `None` if it is another
    /// statement.
    ///
    /// # Errors
    ///
    /// [`Error::Forbidden`] if the principal has not the right `admin`; [`Error::InvalidInput`] or
    /// [`Error::Engine`] if the view cannot be kept up part by part, exists already, or does not
    /// exist.
    pub async fn execute_view_statement(
        &self,
        principal: &Principal,
        sql: &str,
    ) -> Result<Option<Vec<String>>, Error> {
        let state = self.engine.sql_views().state();
        let dialect = state.config_options().sql_parser.dialect;
        match ViewStatement::of(&state.sql_to_statement(sql, &dialect)?)? {
            Some(statement) => self.run_view_statement(principal, &statement).await.map(Some),
            None => Ok(None),
        }
    }

    pub(crate) async fn run_view_statement(
        &self,
        principal: &Principal,
        statement: &ViewStatement,
    ) -> Result<Vec<String>, Error> {
        statement.run(&self.engine, principal).await
    }

    /// Views that people have defined, limited to what a principal may see.
    ///
    /// # Errors
    ///
    /// If the lakehouse is not available.
    #[cfg(feature = "flight")]
    pub(crate) async fn defined_views(
        &self,
        principal: &Principal,
    ) -> Result<Vec<(String, Arc<dyn TableProvider>)>, Error> {
        let (views, tenants) = (self.engine.sql_views(), tenants_of(principal));
        let mut tables = Vec::new();
        views.defined(&self.engine, &tenants).await?;
        for name in views.seen_names(&tenants) {
            // One that is not understood is no table.
            let Ok(found) = views.find_defined(&self.engine, &tenants, &name).await else {
                continue;
            };
            if !found.is_empty() {
                tables.push((name, self.table(SqlViewScan::new(found))));
            }
        }
        Ok(tables)
    }

    /// All global tables with their names, limited to what a principal may see; without views that
    /// people have defined.
    pub fn tables(&self, principal: &Principal) -> Vec<(&str, Arc<dyn TableProvider>)> {
        let tenants = tenants_of(principal);
        let of = || Arc::clone(&tenants);
        let mut tables = vec![
            (Processes::NAME, self.table(MetadataScan::<Processes>::new(of()))),
            (Streams::NAME, self.table(MetadataScan::<Streams>::new(of()))),
            (Blocks::NAME, self.table(MetadataScan::<Blocks>::new(of()))),
            (AuditLog::NAME, self.table(MetadataScan::<AuditLog>::new(audited_tenants(principal)))),
        ];
        for view in views() {
            if view.definition().instances == Instances::GlobalByProcess {
                let scan = ViewScan::new(Arc::clone(view), of(), ViewScope::Global);
                tables.push((view.definition().name, self.table(scan)));
            }
        }
        for view in self.engine.sql_views().declared() {
            tables.push((view.name(), SqlViewScan::table(&self.engine, view, &tenants)));
        }
        tables
    }

    fn table(&self, scan: impl SnapshotScan + 'static) -> Arc<dyn TableProvider> {
        Arc::new(LakeTable::new(Arc::clone(&self.engine), Arc::new(scan)))
    }
}

/// Names that are those of no table: functions, and the schema of custom events.
pub(crate) const OTHER_NAMES: [&str; 4] =
    ["view_instance", "materialize_partitions", "regenerate_partitions", EventSchema::NAME];

/// The documentation of all tables and view sets: what each column holds.
pub fn table_docs() -> Vec<TableDoc> {
    fn of<T: MetadataTable>() -> TableDoc {
        let columns: Vec<Column> = T::columns().iter().map(|column| column.column).collect();
        TableDoc { name: T::NAME, columns }
    }
    let mut docs = vec![of::<Processes>(), of::<Streams>(), of::<Blocks>(), of::<AuditLog>()];
    docs.extend(views().iter().map(|view| {
        let definition = view.definition();
        TableDoc { name: definition.name, columns: definition.columns.to_vec() }
    }));
    docs.extend(built_in_docs());
    docs.extend(
        derived_tables()
            .iter()
            .map(|table| TableDoc { name: table.name, columns: table.columns.to_vec() }),
    );
    docs.push(TableDoc { name: CallGraph::NAME, columns: CallGraph::COLUMNS.to_vec() });
    docs.push(TableDoc { name: ListEventTypes::NAME, columns: ListEventTypes::COLUMNS.to_vec() });
    docs.push(TableDoc { name: Trace::NAME, columns: Trace::COLUMNS.to_vec() });
    docs.push(of::<QuarantinedBlocks>());
    docs.push(of::<Partitions>());
    docs.push(TableDoc { name: ListViewSets::NAME, columns: ListViewSets::COLUMNS.to_vec() });
    docs.push(TableDoc { name: LakehouseLag::NAME, columns: LakehouseLag::COLUMNS.to_vec() });
    docs.push(TableDoc { name: "retire_partitions", columns: PartitionJob::COLUMNS.to_vec() });
    docs
}

/// What a principal may read: nothing without the right to query.
fn tenants_of(principal: &Principal) -> Arc<[Tenant]> {
    if principal.can(Rights::QUERY) { principal.tenants().into() } else { Arc::new([]) }
}

/// Whose audit log a principal may read: nobody's without the right `admin`.
fn audited_tenants(principal: &Principal) -> Arc<[Tenant]> {
    if principal.can(Rights::ADMIN) { tenants_of(principal) } else { Arc::new([]) }
}
