//! The host's schema, with the views in it that people have defined.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::error::Result;
use micromegas_lakehouse::Tenant;

use super::scan::SqlViewScan;
use crate::engine::Engine;
use crate::snapshot::LakeTable;

/// A schema that has all of another one, and the views of some tenants. They are looked up when a
/// query names them: what was defined a moment ago is there.
#[derive(Debug)]
pub(crate) struct ViewSchema {
    inner: Arc<dyn SchemaProvider>,
    engine: Arc<Engine>,
    tenants: Arc<[Tenant]>,
}

impl ViewSchema {
    pub(crate) fn new(
        inner: Arc<dyn SchemaProvider>,
        engine: Arc<Engine>,
        tenants: Arc<[Tenant]>,
    ) -> Self {
        Self { inner, engine, tenants }
    }
}

#[async_trait]
impl SchemaProvider for ViewSchema {
    fn owner_name(&self) -> Option<&str> {
        self.inner.owner_name()
    }

    fn table_names(&self) -> Vec<String> {
        let mut names = self.inner.table_names();
        let views = self.engine.sql_views().seen_names(&self.tenants);
        names.extend(views.into_iter().filter(|name| !self.inner.table_exist(name)));
        names
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        if let Some(table) = self.inner.table(name).await? {
            return Ok(Some(table));
        }
        let views = self.engine.sql_views();
        let found = views.find_defined(&self.engine, &self.tenants, name).await?;
        if found.is_empty() {
            return Ok(None);
        }
        let scan = SqlViewScan::new(found);
        Ok(Some(Arc::new(LakeTable::new(Arc::clone(&self.engine), Arc::new(scan)))))
    }

    fn register_table(
        &self,
        name: String,
        table: Arc<dyn TableProvider>,
    ) -> Result<Option<Arc<dyn TableProvider>>> {
        self.inner.register_table(name, table)
    }

    fn deregister_table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        self.inner.deregister_table(name)
    }

    fn table_exist(&self, name: &str) -> bool {
        self.inner.table_exist(name)
            || self.engine.sql_views().seen_names(&self.tenants).iter().any(|view| view == name)
    }
}
