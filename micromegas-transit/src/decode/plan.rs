//! Layouts, compiled.

use super::dependency_plan::DependencyPlan;
use super::event_plan::EventPlan;
use super::open::OpenBlock;
use super::records::Extents;
use super::shapes::Shapes;
use super::type_graph::TypeGraph;
use crate::layout::first_secondary;
use crate::{Limits, Payload, Result, StreamLayout};

/// A stream's layout, compiled for decoding: made once for equal layouts, used for all their
/// blocks. A [`PlanCache`](super::PlanCache) keeps it.
#[derive(Debug)]
pub struct StreamPlan {
    pub(super) dependency_extents: Extents,
    /// By type index.
    pub(super) dependencies: Vec<DependencyPlan>,
    pub(super) event_extents: Extents,
    /// By type index.
    pub(super) events: Vec<EventPlan>,
    /// Number of types that records of events may have.
    pub(super) event_type_count: usize,
    pub(super) dependency_shapes: Shapes,
    pub(super) event_shapes: Shapes,
}

impl StreamPlan {
    /// Compiles a layout.
    ///
    /// Types that are not known, and known ones whose needed members are missing or misplaced, are
    /// no error: their records are skipped and counted.
    ///
    /// # Errors
    /// [`Error::InvalidLayout`](crate::Error::InvalidLayout) for types that contain themselves,
    /// nest too deeply or have too many members; [`Error::LimitExceeded`](crate::Error) for too
    /// many types.
    pub fn compile(layout: &StreamLayout, limits: &Limits) -> Result<Self> {
        let dependencies = TypeGraph::new(&layout.dependencies, limits)?;
        let events = TypeGraph::new(&layout.objects, limits)?;
        Ok(Self {
            dependency_extents: Extents::of(&layout.dependencies),
            dependencies: layout
                .dependencies
                .iter()
                .map(|layout| DependencyPlan::of(&dependencies, layout))
                .collect(),
            event_extents: Extents::of(&layout.objects),
            events: layout.objects.iter().map(|layout| EventPlan::of(&events, layout)).collect(),
            event_type_count: first_secondary(&layout.objects).min(256),
            dependency_shapes: Shapes::of(&dependencies, &layout.dependencies),
            event_shapes: Shapes::of(&events, &layout.objects),
        })
    }

    /// Decompresses a block and resolves its dependencies.
    ///
    /// # Errors
    /// [`Error`](crate::Error) when one of the two frames is cut, corrupt or too large. Records
    /// that cannot be read are no error: they are counted.
    pub fn open(&self, payload: &Payload, limits: &Limits) -> Result<OpenBlock<'_>> {
        self.open_in(payload, limits, Vec::new())
    }

    /// Does what [`open`](Self::open) does, with the memory of a block that was open before:
    /// see [`OpenBlock::into_buffer`]. Memory fresh from the system costs a good part of the time
    /// of decompression.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn open_in(
        &self,
        payload: &Payload,
        limits: &Limits,
        buffer: Vec<u8>,
    ) -> Result<OpenBlock<'_>> {
        OpenBlock::new(self, payload, limits, buffer)
    }
}
