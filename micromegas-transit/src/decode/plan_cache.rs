//! Plans that many streams share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::plan::StreamPlan;
use crate::{LayoutHash, Limits, Result, StreamLayout};

/// Plans by the content of their layouts: millions of streams have a handful of layouts, and each
/// of these is compiled once.
///
/// A plan is found by the [`LayoutHash`], which is the same for layouts that decode alike. Threads
/// share the cache; looking up does not make them wait for each other. When it is full, the plan
/// that nobody asked for longest makes room; who holds it keeps it. A layout that does not compile
/// is not remembered.
///
/// ```
/// use micromegas_transit::types::thread_stream_layout;
/// use micromegas_transit::{Limits, PlanCache};
///
/// # fn main() -> Result<(), micromegas_transit::Error> {
/// let plans = PlanCache::new(Limits::default(), 1024);
/// let layout = thread_stream_layout();
/// let plan = match plans.get(layout.hash()) {
///     Some(plan) => plan,
///     None => plans.compile(&layout)?,
/// };
/// # let _ = plan;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct PlanCache {
    limits: Limits,
    capacity: usize,
    plans: RwLock<HashMap<LayoutHash, Entry>>,
    /// Counts look-ups.
    clock: AtomicU64,
}

#[derive(Debug)]
struct Entry {
    plan: Arc<StreamPlan>,
    /// When it was last asked for.
    used: AtomicU64,
}

impl PlanCache {
    /// An empty cache for at most `capacity` plans, and at least one. Layouts are compiled within
    /// `limits`.
    pub fn new(limits: Limits, capacity: usize) -> Self {
        let capacity = capacity.max(1);
        Self { limits, capacity, plans: RwLock::default(), clock: AtomicU64::new(0) }
    }

    /// The plan of the layout with this hash, if it is there.
    pub fn get(&self, layout: LayoutHash) -> Option<Arc<StreamPlan>> {
        let plans = self.plans.read().unwrap_or_else(PoisonError::into_inner);
        let entry = plans.get(&layout)?;
        entry.used.store(self.tick(), Ordering::Relaxed);
        Some(Arc::clone(&entry.plan))
    }

    /// The plan of a layout, compiled unless it is there. Computes the hash; who knows it tries
    /// [`get`](Self::get) first, and so need not even load the layout.
    ///
    /// # Errors
    /// Those of [`StreamPlan::compile`].
    pub fn compile(&self, layout: &StreamLayout) -> Result<Arc<StreamPlan>> {
        let hash = layout.hash();
        if let Some(plan) = self.get(hash) {
            return Ok(plan);
        }
        // Compiled outside the lock. Of threads that compile the same layout, the first to be done
        // provides the plan for all.
        let plan = Arc::new(StreamPlan::compile(layout, &self.limits)?);
        let mut plans = self.plans.write().unwrap_or_else(PoisonError::into_inner);
        if plans.len() >= self.capacity && !plans.contains_key(&hash) {
            let oldest = plans.iter().min_by_key(|(_, entry)| entry.used.load(Ordering::Relaxed));
            if let Some(oldest) = oldest.map(|(hash, _)| *hash) {
                plans.remove(&oldest);
            }
        }
        let used = AtomicU64::new(self.tick());
        let entry = plans.entry(hash).or_insert(Entry { plan, used });
        Ok(Arc::clone(&entry.plan))
    }

    /// Number of plans.
    pub fn len(&self) -> usize {
        self.plans.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether there is no plan.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TypeLayout;
    use crate::types::{log_stream_layout, metric_stream_layout, thread_stream_layout};

    fn cache(capacity: usize) -> PlanCache {
        PlanCache::new(Limits::default(), capacity)
    }

    #[test]
    fn equal_layouts_share_a_plan() {
        let plans = cache(8);
        let layout = log_stream_layout();
        assert!(plans.get(layout.hash()).is_none());
        let plan = plans.compile(&layout).unwrap();
        assert!(Arc::ptr_eq(&plan, &plans.compile(&layout.clone()).unwrap()));
        assert!(Arc::ptr_eq(&plan, &plans.get(layout.hash()).unwrap()));
        let other = plans.compile(&metric_stream_layout()).unwrap();
        assert!(!Arc::ptr_eq(&plan, &other));
        assert_eq!(plans.len(), 2);
    }

    #[test]
    fn the_order_of_secondary_types_makes_no_difference() {
        let secondary = |name: &str| TypeLayout {
            name: name.into(),
            size: 8,
            members: Vec::new(),
            is_reference: true,
        };
        let with = |names: [&str; 2]| {
            let mut layout = log_stream_layout();
            layout.objects.extend(names.map(secondary));
            layout
        };
        let plans = cache(8);
        let plan = plans.compile(&with(["AId", "BId"])).unwrap();
        assert!(Arc::ptr_eq(&plan, &plans.compile(&with(["BId", "AId"])).unwrap()));
    }

    #[test]
    fn the_plan_that_nobody_asked_for_longest_makes_room() {
        let plans = cache(2);
        let [log, metrics, thread] =
            [log_stream_layout(), metric_stream_layout(), thread_stream_layout()];
        plans.compile(&log).unwrap();
        plans.compile(&metrics).unwrap();
        assert!(plans.get(log.hash()).is_some());
        plans.compile(&thread).unwrap();
        assert_eq!(plans.len(), 2);
        assert!(plans.get(log.hash()).is_some());
        assert!(plans.get(metrics.hash()).is_none());
        assert!(plans.get(thread.hash()).is_some());
    }

    #[test]
    fn a_layout_that_does_not_compile_is_not_kept() {
        let plans = PlanCache::new(Limits { type_count: 3, ..Limits::default() }, 8);
        assert!(plans.compile(&thread_stream_layout()).is_err());
        assert!(plans.is_empty());
    }

    #[test]
    fn threads_get_the_same_plan() {
        let plans = cache(8);
        let layout = thread_stream_layout();
        let compile = || plans.compile(&layout).unwrap();
        let all: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|index| {
                    let builder = std::thread::Builder::new().name(format!("compiler {index}"));
                    builder.spawn_scoped(scope, compile).unwrap()
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(all.iter().all(|plan| Arc::ptr_eq(plan, &all[0])));
        assert_eq!(plans.len(), 1);
    }
}
