//! Sets of record types, and queues that hold nothing else.

use std::marker::PhantomData;

use crate::{RecordQueue, Reflect, ReflectDynamic, StreamLayout, TypeLayout};

/// The types of records that one queue of a stream holds; made by
/// [`record_set!`](crate::record_set).
pub trait RecordSet {
    /// The table that a stream's document carries: the types of the set in the order of their type
    /// indices, then the types that records are made of.
    fn layouts() -> Vec<TypeLayout>;
}

/// A set that holds records of type `T`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no records of type `{T}`",
    label = "this type is not in the set",
    note = "add it to the `record_set!` that declares `{Self}`"
)]
pub trait Holds<T>: RecordSet {
    /// Position of `T` in the set, and so the type index of its records.
    const TYPE_INDEX: u8;
}

/// A queue for records of the types of one set. Type indices follow from the types, so that no
/// record can carry the index of another type.
///
/// ```
/// use micromegas_transit::types::StaticStringDependency;
/// use micromegas_transit::{
///     Limits, Payload, Reflect, StreamLayout, StreamPlan, TypedQueue, compress_frame, record_set,
/// };
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
///     /// What physics events refer to.
///     struct PhysicsDependencies { dynamic StaticStringDependency<'_> }
/// }
/// record_set! {
///     /// What happens in the physics of the game.
///     struct PhysicsEvents { Collision }
/// }
///
/// # fn main() -> Result<(), micromegas_transit::Error> {
/// let mut dependencies = TypedQueue::<PhysicsDependencies>::new();
/// dependencies.push_dynamic(&StaticStringDependency { id: 1, text: "crate" });
/// let mut events = TypedQueue::<PhysicsEvents>::new();
/// events.push(&Collision { object: 1, force: 0.5, time: 1234 });
///
/// let limits = Limits::default();
/// let layout = StreamLayout::of::<PhysicsDependencies, PhysicsEvents>();
/// let plan = StreamPlan::compile(&layout, &limits)?;
/// let payload = Payload {
///     dependencies: compress_frame(dependencies.as_bytes()).into(),
///     objects: compress_frame(events.as_bytes()).into(),
/// };
/// let block = plan.open(&payload, &limits)?;
/// let collisions = block.event_columns(0).columns;
/// assert_eq!(collisions.type_name, "Collision");
/// assert_eq!(collisions.columns.len(), 3);
/// # Ok(())
/// # }
/// ```
pub struct TypedQueue<S> {
    queue: RecordQueue,
    set: PhantomData<fn() -> S>,
}

impl<S: RecordSet> TypedQueue<S> {
    /// An empty queue.
    pub fn new() -> Self {
        Self { queue: RecordQueue::new(), set: PhantomData }
    }

    /// An empty queue with room for `capacity` bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        Self { queue: RecordQueue::with_capacity(capacity), set: PhantomData }
    }

    /// Appends a fixed-size record.
    #[inline]
    pub fn push<T: Reflect>(&mut self, record: &T)
    where
        S: Holds<T>,
    {
        self.queue.push(S::TYPE_INDEX, record);
    }

    /// Appends a record that carries its size.
    ///
    /// # Panics
    /// When the payload has 4 GiB or more.
    #[inline]
    pub fn push_dynamic<T: ReflectDynamic>(&mut self, record: &T)
    where
        S: Holds<T>,
    {
        self.queue.push_dynamic(S::TYPE_INDEX, |payload| record.write_to(payload));
    }

    /// The records' bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.queue.as_bytes()
    }

    /// The records' bytes, by value.
    pub fn into_bytes(self) -> Vec<u8> {
        self.queue.into_bytes()
    }

    /// Forgets all records and keeps the memory.
    pub fn clear(&mut self) {
        self.queue.clear();
    }

    /// Number of records.
    pub fn record_count(&self) -> usize {
        self.queue.record_count()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}

impl<S: RecordSet> Default for TypedQueue<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> std::fmt::Debug for TypedQueue<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TypedQueue")
            .field("set", &std::any::type_name::<S>())
            .field("queue", &self.queue)
            .finish()
    }
}

impl StreamLayout {
    /// The layout of a stream whose queues hold these sets.
    pub fn of<Dependencies: RecordSet, Events: RecordSet>() -> Self {
        Self { dependencies: Dependencies::layouts(), objects: Events::layouts() }
    }
}

/// Puts a set's table together: records first, then each part once. [`record_set!`] calls it.
///
/// [`record_set!`]: crate::record_set
#[doc(hidden)]
pub fn layout_table(records: Vec<TypeLayout>, parts: Vec<TypeLayout>) -> Vec<TypeLayout> {
    let mut table = records;
    for part in parts {
        if table.iter().all(|layout| layout.name != part.name) {
            table.push(part);
        }
    }
    table
}

/// Declares a [`RecordSet`]: a unit struct that stands for the types of a queue's records.
///
/// Types that derive [`Reflect`](derive@crate::Reflect) are listed by name; types that implement
/// [`ReflectDynamic`](crate::ReflectDynamic) follow the word `dynamic`. Type indices are positions
/// in the list. A set holds at most 256 types, each once; both is checked at compile time. (The
/// macro recurses once a type: beyond a hundred, the crate needs a higher `recursion_limit`.)
///
/// ```
/// use micromegas_transit::types::{LogStaticStrEvent, LogStringEventV2};
/// use micromegas_transit::{Holds, RecordSet, record_set};
///
/// record_set! {
///     /// Log entries of two kinds.
///     pub struct Entries { LogStaticStrEvent, dynamic LogStringEventV2<'_> }
/// }
///
/// assert_eq!(<Entries as Holds<LogStringEventV2<'_>>>::TYPE_INDEX, 1);
/// assert_eq!(Entries::layouts()[1].name, "LogStringEventV2");
/// ```
#[macro_export]
macro_rules! record_set {
    ($(#[$attribute:meta])* $visibility:vis struct $set:ident { $($types:tt)* }) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy)]
        $visibility struct $set;

        $crate::record_set!(@set $set; 0_usize; []; []; $($types)*);
    };
    (@set $set:ident; $index:expr; [$($layouts:expr,)*]; [$($parts:expr,)*];) => {
        impl $crate::RecordSet for $set {
            fn layouts() -> ::std::vec::Vec<$crate::TypeLayout> {
                let parts: [::std::vec::Vec<$crate::TypeLayout>; _] = [$($parts),*];
                $crate::layout_table(::std::vec![$($layouts),*], parts.concat())
            }
        }
    };
    (
        @set $set:ident; $index:expr; [$($layouts:expr,)*]; [$($parts:expr,)*];
        dynamic $type:ty $(, $($rest:tt)*)?
    ) => {
        $crate::record_set!(@holds $set; $index; $type);
        $crate::record_set!(
            @set $set; $index + 1;
            [$($layouts,)* <$type as $crate::ReflectDynamic>::layout(),];
            [$($parts,)* <$type as $crate::ReflectDynamic>::parts(),];
            $($($rest)*)?
        );
    };
    (
        @set $set:ident; $index:expr; [$($layouts:expr,)*]; [$($parts:expr,)*];
        $type:ty $(, $($rest:tt)*)?
    ) => {
        $crate::record_set!(@holds $set; $index; $type);
        $crate::record_set!(
            @set $set; $index + 1;
            [$($layouts,)* <$type as $crate::Reflect>::layout(),];
            [$($parts,)*];
            $($($rest)*)?
        );
    };
    (@holds $set:ident; $index:expr; $type:ty) => {
        impl $crate::Holds<$type> for $set {
            const TYPE_INDEX: u8 = {
                assert!($index < 256, "a set holds at most 256 types");
                ($index) as u8
            };
        }
    };
}
