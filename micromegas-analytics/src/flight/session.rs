//! A context for each query.

use std::sync::Arc;

use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList,
    MemorySchemaProvider,
};
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use micromegas_lakehouse::{Lakehouse, Principal};

use super::headers::QueryHeaders;
use crate::error::Error;
use crate::options::Options;
use crate::register::Tables;
use crate::snapshot::LimitTime;

/// The catalog that our tables are in.
pub(super) const CATALOG: &str = "micromegas";
/// The schema that our tables are in.
pub(super) const SCHEMA: &str = "public";
/// How many memory consumers an error names.
const CONSUMERS_NAMED: std::num::NonZeroUsize = std::num::NonZeroUsize::MIN;

/// Makes contexts. Functions, rules and caches are set up once; a query adds its tables, its
/// memory quota and its time range.
#[derive(Debug)]
pub(super) struct Sessions {
    tables: Tables,
    template: SessionState,
    query_memory_bytes: Option<usize>,
}

impl Sessions {
    pub(super) fn new(lakehouse: Lakehouse, options: Options) -> Result<Self, Error> {
        let query_memory_bytes = options.query_memory_bytes;
        let tables = Tables::try_new(lakehouse, options)?;
        let mut config = SessionConfig::new()
            .with_information_schema(true)
            .with_default_catalog_and_schema(CATALOG, SCHEMA);
        config.options_mut().sql_parser.collect_spans = true;
        let context = SessionContext::new_with_config(config);
        tables.register_shared(&context);
        Ok(Self { tables, template: context.state(), query_memory_bytes })
    }

    pub(super) fn tables(&self) -> &Tables {
        &self.tables
    }

    /// A context for one query of a principal.
    pub(super) fn context(
        &self,
        principal: &Principal,
        headers: &QueryHeaders,
    ) -> Result<SessionContext, Error> {
        let catalog = MemoryCatalogProvider::new();
        catalog.register_schema(SCHEMA, Arc::new(MemorySchemaProvider::new()))?;
        let catalogs = MemoryCatalogProviderList::new();
        catalogs.register_catalog(CATALOG.to_owned(), Arc::new(catalog));
        let state = SessionStateBuilder::new_from_existing(self.template.clone())
            .with_catalog_list(Arc::new(catalogs))
            .with_runtime_env(self.runtime()?)
            .build();
        let context = SessionContext::new_with_state(state);
        self.tables.register_for(&context, principal)?;
        if let Some(range) = headers.range {
            context.add_analyzer_rule(Arc::new(LimitTime::new(range)));
        }
        Ok(context)
    }

    /// The shared runtime with a memory quota for one query.
    fn runtime(&self) -> Result<Arc<RuntimeEnv>, Error> {
        let shared = self.template.runtime_env();
        let Some(bytes) = self.query_memory_bytes else {
            return Ok(Arc::clone(shared));
        };
        let pool = TrackConsumersPool::new(FairSpillPool::new(bytes), CONSUMERS_NAMED);
        let builder = RuntimeEnvBuilder::from_runtime_env(shared);
        Ok(Arc::new(builder.with_memory_pool(Arc::new(pool)).build()?))
    }
}
