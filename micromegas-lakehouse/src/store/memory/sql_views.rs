//! Definitions of views.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{SubsecRound, Utc};

use super::MemoryStore;
use crate::audit::NewAuditRecord;
use crate::error::{Error, Result};
use crate::keys::require_actor;
use crate::sql_views::{NewSqlView, SqlViewRecord, SqlViewStore};
use crate::tenant::Tenant;

/// The definitions by tenant and name; what was dropped keeps its version.
#[derive(Debug, Default)]
pub(super) struct SqlViewState {
    views: BTreeMap<(Tenant, String), Defined>,
}

#[derive(Debug, Default)]
struct Defined {
    last_version: u32,
    record: Option<SqlViewRecord>,
}

#[async_trait]
impl SqlViewStore for MemoryStore {
    async fn define_view(&self, view: NewSqlView, replaces: bool) -> Result<SqlViewRecord> {
        view.validate()?;
        let state = &mut *self.state();
        let key = (view.tenant.clone(), view.name.clone());
        let defined = state.sql_views.views.entry(key).or_default();
        if defined.record.is_some() && !replaces {
            return Err(Error::AlreadyExists { what: format!("view {}", view.name) });
        }
        defined.last_version += 1;
        let record = SqlViewRecord {
            tenant: view.tenant,
            name: view.name,
            version: defined.last_version,
            sql: view.sql,
            created_by: view.created_by,
            created_time: Utc::now().trunc_subsecs(6),
        };
        defined.record = Some(record.clone());
        state.access.append([NewAuditRecord::view_defined(&record)]);
        Ok(record)
    }

    async fn drop_view(&self, tenant: &Tenant, name: &str, by: &str) -> Result<()> {
        require_actor(by)?;
        let state = &mut *self.state();
        let key = (tenant.clone(), name.to_owned());
        let dropped = state.sql_views.views.get_mut(&key).and_then(|view| view.record.take());
        let Some(dropped) = dropped else {
            return Err(Error::not_found(format!("view {name}")));
        };
        state.access.append([NewAuditRecord::view_dropped(&dropped, by)]);
        Ok(())
    }

    async fn list_views(&self, tenants: &[Tenant]) -> Result<Vec<SqlViewRecord>> {
        let state = self.state();
        let views = state.sql_views.views.iter();
        Ok(views
            .filter(|((tenant, _), _)| tenants.contains(tenant))
            .filter_map(|(_, view)| view.record.clone())
            .collect())
    }
}
