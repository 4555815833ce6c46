//! `retire_partitions`, `materialize_partitions` and `regenerate_partitions`.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta};
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::Expr;
use micromegas_lakehouse::Tenant;

use super::partition_job::{JobKind, PartitionJob};
use crate::computed::ComputedScan;
use crate::engine::Engine;
use crate::materialize::InsertRange;
use crate::snapshot::LakeTable;
use crate::table_functions::{seconds_literal, text_literal, time_literal};

/// One of the functions. `begin` and `end` are times of `insert_time`: from the first on, before
/// the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Retire,
    Materialize,
    Regenerate,
}

/// A table function that changes partitions. It is for administrators only.
#[derive(Debug)]
pub(crate) struct PartitionFunction {
    name: Name,
    engine: Arc<Engine>,
    tenants: Arc<[Tenant]>,
    actor: Arc<str>,
}

impl PartitionFunction {
    /// All of them, with their names in SQL. The audit log says that `actor` called them.
    pub(crate) fn all(
        engine: &Arc<Engine>,
        tenants: &Arc<[Tenant]>,
        actor: &str,
    ) -> [(&'static str, Self); 3] {
        let actor: Arc<str> = actor.into();
        let of = |name| Self {
            name,
            engine: Arc::clone(engine),
            tenants: Arc::clone(tenants),
            actor: Arc::clone(&actor),
        };
        [
            ("retire_partitions", of(Name::Retire)),
            ("materialize_partitions", of(Name::Materialize)),
            ("regenerate_partitions", of(Name::Regenerate)),
        ]
    }

    fn usage(&self) -> &'static str {
        match self.name {
            Name::Retire => "retire_partitions('view set', 'global', begin, end)",
            Name::Materialize => "materialize_partitions('view set', begin, end, seconds)",
            Name::Regenerate => "regenerate_partitions('view set', begin, end, seconds)",
        }
    }

    fn job(&self, arguments: &[Expr]) -> Result<PartitionJob> {
        let usage = self.usage();
        let [view, second, third, fourth] = arguments else {
            return Err(DataFusionError::Plan(format!("{usage} takes four literals")));
        };
        let view = text_literal(usage, view)?;
        let seconds = || {
            let seconds = seconds_literal(usage, fourth)?;
            TimeDelta::try_seconds(seconds).filter(|step| *step > TimeDelta::zero()).ok_or_else(
                || DataFusionError::Plan(format!("{seconds} seconds are no step, as in {usage}")),
            )
        };
        let (kind, begin, end) = match self.name {
            Name::Retire => {
                let instance = text_literal(usage, second)?;
                if instance != "global" {
                    let message = format!(
                        "{instance:?} has no partitions of its own: an instance is a part of \
                         the global table, as in {usage}"
                    );
                    return Err(DataFusionError::Plan(message));
                }
                (JobKind::Retire, third, fourth)
            }
            Name::Materialize => (JobKind::Materialize(seconds()?), second, third),
            Name::Regenerate => (JobKind::Regenerate(seconds()?), second, third),
        };
        let time = |argument| time_literal(usage, argument).map(DateTime::from_timestamp_nanos);
        let range = InsertRange::try_new(time(begin)?, time(end)?)?;
        Ok(PartitionJob { kind, view, range, actor: Arc::clone(&self.actor) })
    }
}

impl TableFunctionImpl for PartitionFunction {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let job = self.job(args.exprs())?;
        let scan = ComputedScan::new(Arc::new(job), Arc::clone(&self.tenants));
        Ok(Arc::new(LakeTable::new(Arc::clone(&self.engine), Arc::new(scan))))
    }
}
