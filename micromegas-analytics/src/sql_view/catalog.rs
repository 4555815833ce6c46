//! Which views in SQL there are: those of this crate, those that the host declares, and those that
//! people have defined.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionState;
use datafusion::prelude::SessionContext;
use micromegas_lakehouse::{NewSqlView, SqlViewRecord, Tenant};
use micromegas_tracing::prelude::*;

use super::built_in::BuiltIn;
use super::definition::{CompiledView, SqlView};
use crate::columns::schema_of;
use crate::engine::Engine;
use crate::error::Error;
use crate::functions::scalar_functions;
use crate::histogram::histogram_aggregates;

/// How many definitions are kept understood.
const COMPILED_MAX: usize = 1_000;

/// A state of a session that has the functions which queries of views may use.
static STATE: LazyLock<SessionState> = LazyLock::new(|| {
    let context = SessionContext::new();
    scalar_functions().into_iter().for_each(|function| context.register_udf(function));
    histogram_aggregates().into_iter().for_each(|function| context.register_udaf(function));
    context.state()
});

/// The views of this crate, understood.
static BUILT_IN: LazyLock<Result<Vec<Arc<CompiledView>>, Error>> = LazyLock::new(|| {
    let compile = |view: &BuiltIn| {
        let schema = Some(schema_of(view.columns));
        let compiled = CompiledView::try_new(&STATE, view.definition(), None, schema)?;
        Ok(Arc::new(compiled))
    };
    BuiltIn::all().iter().map(compile).collect()
});

/// A definition of some tenant.
type Key = (Tenant, String, u32);

/// The views in SQL of an engine.
pub(crate) struct SqlViews {
    declared: Vec<Arc<CompiledView>>,
    compiled: Mutex<HashMap<Key, Arc<CompiledView>>>,
    /// Names that were in the store when somebody looked last.
    seen: Mutex<HashMap<Tenant, Vec<String>>>,
}

impl std::fmt::Debug for SqlViews {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqlViews").field("declared", &self.declared).finish_non_exhaustive()
    }
}

impl SqlViews {
    /// The views of this crate and these.
    ///
    /// # Errors
    ///
    /// If one of these has a name that is taken or none, or cannot be kept up part by part.
    pub(crate) fn try_new(views: &[SqlView]) -> Result<Self, Error> {
        let mut declared = BUILT_IN.clone()?;
        for view in views {
            let (tenant, created_by) = (Tenant::default(), "the host".to_owned());
            let (name, sql) = (view.name.clone(), view.sql.clone());
            NewSqlView { tenant, name, sql, created_by }.validate()?;
            if declared.iter().any(|known| known.name() == view.name) || is_taken(&view.name) {
                return Err(Error::invalid(format!("there is a table {} already", view.name)));
            }
            declared.push(Arc::new(CompiledView::try_new(&STATE, view.clone(), None, None)?));
        }
        Ok(Self { declared, compiled: Mutex::default(), seen: Mutex::default() })
    }

    /// Those that every tenant has.
    pub(crate) fn declared(&self) -> &[Arc<CompiledView>] {
        &self.declared
    }

    /// One that every tenant has.
    pub(crate) fn find_declared(&self, name: &str) -> Option<&Arc<CompiledView>> {
        self.declared.iter().find(|view| view.name() == name)
    }

    /// A state of a session that has the functions which queries of views may use.
    pub(crate) fn state(&self) -> &SessionState {
        &STATE
    }

    /// Whether a name is that of something else than a view that people define.
    pub(crate) fn is_taken(&self, name: &str) -> bool {
        self.find_declared(name).is_some() || is_taken(name)
    }

    /// Understands what is about to be defined.
    pub(crate) fn compile(&self, tenant: &Tenant, definition: SqlView) -> Result<CompiledView> {
        CompiledView::try_new(&STATE, definition, Some(tenant.clone()), None::<SchemaRef>)
    }

    fn compiled(&self, record: &SqlViewRecord) -> Result<Arc<CompiledView>> {
        let key = (record.tenant.clone(), record.name.clone(), record.version);
        let known = self.compiled.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let definition =
            SqlView { version: record.version, ..SqlView::new(&record.name, &record.sql) };
        let compiled = Arc::new(self.compile(&record.tenant, definition)?);
        let mut all = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= COMPILED_MAX {
            all.clear();
        }
        all.insert(key, Arc::clone(&compiled));
        Ok(compiled)
    }

    /// The definitions in the store, of these tenants.
    pub(crate) async fn defined(
        &self,
        engine: &Engine,
        tenants: &[Tenant],
    ) -> Result<Vec<SqlViewRecord>, Error> {
        let records = engine.lakehouse().store().list_views(tenants).await?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for tenant in tenants {
            let own = records.iter().filter(|record| record.tenant == *tenant);
            seen.insert(tenant.clone(), own.map(|record| record.name.clone()).collect());
        }
        Ok(records)
    }

    /// Names of definitions of these tenants, as of when somebody looked last.
    pub(crate) fn seen_names(&self, tenants: &[Tenant]) -> Vec<String> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut names: Vec<String> =
            tenants.iter().filter_map(|tenant| seen.get(tenant)).flatten().cloned().collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// A view that people have defined, for each of these tenants that has it.
    ///
    /// # Errors
    ///
    /// If it is not the same for all of them, or is not understood any more.
    pub(crate) async fn find_defined(
        &self,
        engine: &Engine,
        tenants: &[Tenant],
        name: &str,
    ) -> Result<Vec<(Tenant, Arc<CompiledView>)>> {
        let mut found: Vec<(Tenant, Arc<CompiledView>)> = Vec::new();
        for record in self.defined(engine, tenants).await? {
            if record.name != name {
                continue;
            }
            let view = self.compiled(&record)?;
            if found.iter().any(|(_, other)| other.definition.sql != view.definition.sql) {
                return Err(DataFusionError::Plan(format!(
                    "the view {name} is defined differently for the tenants that you may read: ask \
                     for one of them"
                )));
            }
            found.push((record.tenant, view));
        }
        Ok(found)
    }

    /// All views of a tenant. Definitions that are not understood any more are told of, and left.
    pub(crate) async fn of_tenant(
        &self,
        engine: &Engine,
        tenant: &Tenant,
    ) -> Result<Vec<Arc<CompiledView>>, Error> {
        let mut views = self.declared.clone();
        for record in self.defined(engine, std::slice::from_ref(tenant)).await? {
            match self.compiled(&record) {
                Ok(view) => views.push(view),
                Err(error) => {
                    let name = &record.name;
                    error!("the view {name} of tenant {tenant} is not kept up: {error}");
                }
            }
        }
        Ok(views)
    }
}

/// Whether a table, a view or a table function of this crate has this name.
fn is_taken(name: &str) -> bool {
    crate::register::table_docs().iter().any(|table| table.name == name)
        || crate::register::OTHER_NAMES.contains(&name)
}
