//! Streams of events of the host's own types.

use crate::own_streams::references::{OwnDependencies, References};
use crate::own_streams::registry::OwnQueue;
use micromegas_transit::{Holds, RecordSet, Reflect, ReflectDynamic, StreamLayout};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// A stream of events of the host's own types, with a tag by which it is found again.
///
/// The types derive [`Reflect`], and a [`record_set!`](micromegas_transit::record_set) lists them.
/// Their layout travels with the stream, so readers need not know them. All threads share the
/// stream: recording takes a lock, unlike recording logs, metrics and spans.
///
/// ```
/// use micromegas_tracing::EventStream;
/// use micromegas_tracing::prelude::*;
/// use micromegas_transit::{Reflect, record_set};
/// use std::sync::LazyLock;
///
/// #[repr(C)]
/// #[derive(Reflect)]
/// struct Collision {
///     #[reflect(reference)]
///     object: u64,
///     force: f64,
///     time: i64,
/// }
///
/// record_set! {
///     /// What happens in the physics of the game.
///     struct PhysicsEvents { Collision }
/// }
///
/// static PHYSICS: LazyLock<EventStream<PhysicsEvents>> =
///     LazyLock::new(|| EventStream::new("physics"));
///
/// PHYSICS.record(now(), |references, time| Collision {
///     object: references.text("crate"),
///     force: 0.5,
///     time,
/// });
/// ```
pub struct EventStream<S> {
    queue: Arc<OwnQueue>,
    set: PhantomData<fn() -> S>,
}

impl<S: RecordSet> EventStream<S> {
    /// A stream with this tag.
    pub fn new(tag: impl Into<String>) -> Self {
        Self::with_properties(tag, BTreeMap::new())
    }

    /// A stream with this tag and these properties.
    pub fn with_properties(tag: impl Into<String>, properties: BTreeMap<String, String>) -> Self {
        let layout = StreamLayout::of::<OwnDependencies, S>();
        let queue = OwnQueue::register(tag.into(), properties, layout);
        Self { queue, set: PhantomData }
    }

    /// Records an event that happened at `time`, in ticks of [`now`](crate::now); false if it was
    /// not recorded, because nothing is at present or too much waits (then it is counted).
    ///
    /// `make` gets the time, for the event's own member, and ids of what the event refers to. It
    /// must not record to a stream of this kind: such events are dropped and counted.
    pub fn record<E>(&self, time: i64, make: impl FnOnce(&mut References, i64) -> E) -> bool
    where
        E: Reflect,
        S: Holds<E>,
    {
        self.queue.record(time, E::SIZE, |references, objects| {
            let event = make(references, time);
            objects.push(S::TYPE_INDEX, &event);
        })
    }

    /// As [`record`](Self::record), for an event that carries its size; `bytes` says about how much
    /// that is.
    pub fn record_dynamic<E>(
        &self,
        time: i64,
        bytes: usize,
        make: impl FnOnce(&mut References, i64) -> E,
    ) -> bool
    where
        E: ReflectDynamic,
        S: Holds<E>,
    {
        self.queue.record(time, bytes, |references, objects| {
            let event = make(references, time);
            objects.push_dynamic(S::TYPE_INDEX, |out| event.write_to(out));
        })
    }
}

impl<S> fmt::Debug for EventStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream").field("tag", &self.queue.tag).finish_non_exhaustive()
    }
}
