//! The schema `events`: one table a type.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, col, lit};
use micromegas_lakehouse::Tenant;

use super::member::member_function;
use super::types::{EventType, event_types};
use crate::engine::Engine;
use crate::scan::{ViewScan, ViewScope};
use crate::snapshot::LakeTable;
use crate::view::find_view;

/// The columns that every table has, whatever its type.
const COMMON: [&str; 7] =
    ["process_id", "stream_id", "block_id", "insert_time", "event_id", "time", "fields"];

/// The types of some tenants' events, each as a table by its name: `events."TypeName"`.
///
/// A table has the columns of the view `custom_events`, and one for each member. A member with the
/// name of such a column is called `member.name`; the member `time` is the column `time`.
#[derive(Debug)]
pub(crate) struct EventSchema {
    engine: Arc<Engine>,
    tenants: Arc<[Tenant]>,
}

impl EventSchema {
    pub(crate) const NAME: &'static str = "events";

    pub(crate) fn new(engine: Arc<Engine>, tenants: Arc<[Tenant]>) -> Self {
        Self { engine, tenants }
    }

    fn table_of(&self, name: &str, event_type: &EventType) -> Result<Arc<dyn TableProvider>> {
        let view = find_view("custom_events")
            .ok_or_else(|| DataFusionError::Internal("there are no custom events".to_owned()))?;
        let scan = ViewScan::new(Arc::clone(view), Arc::clone(&self.tenants), ViewScope::Global)
            .of_streams(event_type.stream_ids.iter().copied().collect());
        let table = LakeTable::new(Arc::clone(&self.engine), Arc::new(scan));
        let mut columns: Vec<Expr> = COMMON.map(col).to_vec();
        for (member, kind) in &event_type.members {
            if member == "time" {
                continue;
            }
            let value = member_function(member, *kind).call(vec![col("fields")]);
            columns.push(match COMMON.contains(&member.as_str()) {
                true => value.alias(format!("member.{member}")),
                false => value.alias(member),
            });
        }
        let source = provider_as_source(Arc::new(table));
        let plan = LogicalPlanBuilder::scan("custom_events", source, None)?
            .filter(col("type_name").eq(lit(name)))?
            .project(columns)?
            .build()?;
        Ok(Arc::new(ViewTable::new(plan, None)))
    }
}

#[async_trait]
impl SchemaProvider for EventSchema {
    /// What there is can only be asked for, with `list_event_types()`.
    fn table_names(&self) -> Vec<String> {
        Vec::new()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let types = event_types(&self.engine, &self.tenants).await?;
        types.get(name).map(|event_type| self.table_of(name, event_type)).transpose()
    }

    fn table_exist(&self, _name: &str) -> bool {
        false
    }
}
