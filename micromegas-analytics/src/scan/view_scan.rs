//! The scan of a view.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::DFSchema;
use datafusion::error::Result;
use datafusion::logical_expr::utils::conjunction;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::union::UnionExec;
use micromegas_lakehouse::{BlockRecord, Scope, Snapshot, Tenant};
use uuid::Uuid;

use super::fresh_exec::{FreshBlocksExec, Run};
use super::ledger::{SequenceRange, fresh_blocks};
use super::partitions::{matching_partitions, scan_partitions};
use super::prune::Bounds;
use super::selection::BlockSelection;
use crate::clock::to_nanoseconds;
use crate::engine::Engine;
use crate::error::Error;
use crate::snapshot::{ScanRequest, SnapshotScan};
use crate::view::{Continuity, View, ViewDefinition};

/// Whose blocks a scan reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ViewScope {
    /// All processes: the global table.
    Global,
    /// One process.
    Process(Uuid),
    /// One stream.
    Stream(Uuid),
}

/// A view of some tenants' blocks.
#[derive(Debug)]
pub(crate) struct ViewScan {
    view: Arc<dyn View>,
    tenants: Arc<[Tenant]>,
    scope: ViewScope,
    stream_ids: Option<Vec<Uuid>>,
}

impl ViewScan {
    pub(crate) fn new(view: Arc<dyn View>, tenants: Arc<[Tenant]>, scope: ViewScope) -> Self {
        Self { view, tenants, scope, stream_ids: None }
    }

    /// Limited to some streams.
    pub(crate) fn of_streams(self, stream_ids: Vec<Uuid>) -> Self {
        Self { stream_ids: Some(stream_ids), ..self }
    }

    fn definition(&self) -> &ViewDefinition {
        self.view.definition()
    }

    /// What the scope leaves to select from.
    fn selection(&self) -> BlockSelection {
        match self.scope {
            ViewScope::Global => {
                BlockSelection { stream_ids: self.stream_ids.clone(), ..BlockSelection::default() }
            }
            ViewScope::Process(id) => BlockSelection::process(id),
            ViewScope::Stream(id) => BlockSelection::stream(id),
        }
    }

    /// The scope of the partitions that answer for this scan; a global table reads them all.
    fn partition_scope(&self) -> Option<Scope> {
        match self.scope {
            ViewScope::Global => None,
            ViewScope::Process(id) => Some(Scope::Process(id)),
            ViewScope::Stream(id) => Some(Scope::Stream(id)),
        }
    }

    /// Fresh blocks that may match, as runs.
    async fn fresh_runs(
        &self,
        engine: &Arc<Engine>,
        blocks: Vec<BlockRecord>,
        predicate: Option<&Arc<dyn PhysicalExpr>>,
    ) -> Result<Vec<Run>, Error> {
        match self.definition().continuity {
            Continuity::Block => {
                let matching = match predicate {
                    Some(predicate) => self.matching_blocks(engine, blocks, predicate).await?,
                    None => blocks,
                };
                Ok(matching.into_iter().map(|block| vec![block]).collect())
            }
            Continuity::Stream => {
                let mut streams: BTreeMap<(Tenant, Uuid), Run> = BTreeMap::new();
                for block in blocks {
                    let key = (block.tenant.clone(), block.stream_id);
                    streams.entry(key).or_default().push(block);
                }
                for run in streams.values_mut() {
                    run.sort_by_key(|block| (block.object_offset, block.sequence));
                }
                Ok(streams.into_values().collect())
            }
        }
    }

    /// Blocks in which the predicate may be true. Only bounds that are known to hold count: the
    /// times that clients declare for a block prune nothing.
    async fn matching_blocks(
        &self,
        engine: &Arc<Engine>,
        blocks: Vec<BlockRecord>,
        predicate: &Arc<dyn PhysicalExpr>,
    ) -> Result<Vec<BlockRecord>, Error> {
        let mut event_times = Vec::with_capacity(blocks.len());
        for block in &blocks {
            let bounds = match block.event_ticks {
                Some(ticks) => match engine.sources().fetch(engine.lakehouse(), block).await {
                    Ok(source) => {
                        let clock = source.clock(block);
                        let (least, greatest) = (ticks.least, ticks.greatest);
                        Some((clock.nanoseconds(least), clock.nanoseconds(greatest)))
                    }
                    Err(Error::Corrupt { .. }) => None,
                    Err(error) => return Err(error),
                },
                None => None,
            };
            event_times.push(bounds);
        }
        let insert_time = |block: &BlockRecord| {
            let ns = to_nanoseconds(block.insert_time);
            Some((ns, ns))
        };
        let (begin, end) = self.definition().time;
        let may_match = Bounds::new(blocks.len())
            .with_times("insert_time", blocks.iter().map(insert_time))
            .with_texts("process_id", blocks.iter().map(|block| block.process_id.to_string()))
            .with_texts("stream_id", blocks.iter().map(|block| block.stream_id.to_string()))
            .with_texts("block_id", blocks.iter().map(|block| block.block_id.to_string()))
            .with_times(begin, event_times.iter().copied())
            .with_times(end, event_times.iter().copied())
            .may_match(predicate, &self.definition().schema);
        Ok(blocks.into_iter().zip(may_match).filter(|(_, may)| *may).map(|(b, _)| b).collect())
    }
}

#[async_trait]
impl SnapshotScan for ViewScan {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.definition().schema)
    }

    fn time_columns(&self) -> Option<(&'static str, &'static str)> {
        Some(self.definition().time)
    }

    fn has_sent_properties(&self) -> bool {
        true
    }

    async fn scan(
        &self,
        engine: &Arc<Engine>,
        snapshot: Snapshot,
        request: ScanRequest<'_>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let definition = self.definition();
        let predicate = physical_predicate(&request, &definition.schema)?;
        let mut selection = self.selection();
        if let (Some(predicate), Continuity::Block) = (&predicate, definition.continuity) {
            selection = selection.narrowed_by(predicate);
        }
        let (mut partitions, mut blocks) = (Vec::new(), Vec::new());
        for tenant in self.tenants.iter() {
            let (scope, version) = (self.partition_scope(), snapshot.ledger_version);
            let written =
                engine.ledger().fetch(engine, tenant, definition.name, scope, version).await?;
            partitions.extend(matching_partitions(
                definition,
                &written.partitions,
                predicate.as_ref(),
            ));
            let covered = &written.covered;
            let (limit, all) = (usize::MAX, SequenceRange::of(snapshot));
            blocks.extend(
                fresh_blocks(engine, &self.view, tenant, all, covered, &selection, limit).await?,
            );
        }
        let runs = self.fresh_runs(engine, blocks, predicate.as_ref()).await?;
        let mut plans: Vec<Arc<dyn ExecutionPlan>> = Vec::new();
        if !partitions.is_empty() {
            plans.push(scan_partitions(
                engine,
                request.session,
                definition,
                &partitions,
                request.projection,
                predicate.as_ref(),
                request.limit,
            )?);
        }
        if !runs.is_empty() {
            plans.push(Arc::new(FreshBlocksExec::try_new(
                Arc::clone(engine),
                Arc::clone(&self.view),
                runs,
                request.projection,
                request.session.config().target_partitions(),
            )?));
        }
        match plans.len() {
            0 => {
                let schema = match request.projection {
                    Some(projection) => Arc::new(definition.schema.project(projection)?),
                    None => Arc::clone(&definition.schema),
                };
                Ok(Arc::new(EmptyExec::new(schema)))
            }
            1 => Ok(plans.remove(0)),
            _ => UnionExec::try_new(plans),
        }
    }
}

/// The filters of a request as one physical expression over the view's columns.
fn physical_predicate(
    request: &ScanRequest<'_>,
    schema: &SchemaRef,
) -> Result<Option<Arc<dyn PhysicalExpr>>> {
    let Some(filter) = conjunction(request.filters.iter().cloned()) else {
        return Ok(None);
    };
    let schema = DFSchema::try_from(Arc::clone(schema))?;
    request.session.create_physical_expr(filter, &schema).map(Some)
}
