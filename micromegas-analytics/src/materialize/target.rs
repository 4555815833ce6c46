//! What can be written down.

use std::sync::Arc;

use micromegas_lakehouse::{Coverage, PartitionRecord, Tenant};

use super::materializer::Materializer;
use crate::error::Error;
use crate::nearest::suggestion;
use crate::sql_view::CompiledView;
use crate::view::{Instances, View, find_view, views};

/// A view that is written down.
#[derive(Debug, Clone)]
pub(super) enum Target {
    /// Rows of blocks.
    View(&'static Arc<dyn View>),
    /// A query over them.
    Sql(Arc<CompiledView>),
}

impl Target {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::View(view) => view.definition().name,
            Self::Sql(view) => view.name(),
        }
    }

    /// What those of its partitions cover that are not of another definition of its name.
    pub(super) fn covered(&self, partitions: &[PartitionRecord]) -> Coverage {
        let mut covered = Coverage::new();
        for partition in partitions {
            let is_current = match self {
                Self::View(_) => true,
                Self::Sql(view) => partition.schema_version == view.definition.version,
            };
            if is_current {
                covered.union_with(&partition.coverage);
            }
        }
        covered
    }

    /// The view whose blocks are read.
    pub(super) fn source(&self) -> &'static Arc<dyn View> {
        match self {
            Self::View(view) => view,
            Self::Sql(view) => view.source,
        }
    }
}

impl Materializer {
    /// What a name stands for.
    ///
    /// # Errors
    ///
    /// If there is no such view, or the lakehouse is not available.
    pub(super) async fn target(&self, tenant: &Tenant, name: &str) -> Result<Target, Error> {
        let is_global = |view: &&'static Arc<dyn View>| {
            view.definition().instances == Instances::GlobalByProcess
        };
        if let Some(view) = find_view(name).filter(is_global) {
            return Ok(Target::View(view));
        }
        let in_sql = self.engine.sql_views().of_tenant(&self.engine, tenant).await?;
        let found = in_sql.iter().find(|view| view.name() == name);
        found.map(|view| Target::Sql(Arc::clone(view))).ok_or_else(|| {
            let names = views().iter().filter(is_global).map(|view| view.definition().name);
            let names = names.chain(in_sql.iter().map(|view| view.name()));
            Error::invalid(suggestion("view to materialise", name, names.collect::<Vec<_>>()))
        })
    }
}
