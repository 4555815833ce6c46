//! The wire of Micromegas: reflected memory layouts, queues of records, the documents that carry
//! them, and a checked decoder into typed columns.
//!
//! ```
//! use micromegas_transit::types::{self, LogMetadataRecord, LogStaticStrEvent, StaticStringDependency};
//! use micromegas_transit::{
//!     Limits, Payload, RecordQueue, ReflectDynamic, StreamPlan, compress_frame,
//! };
//!
//! # fn main() -> Result<(), micromegas_transit::Error> {
//! let mut dependencies = RecordQueue::new();
//! for (id, text) in [(1, "hello"), (2, "app::main"), (3, "src/main.rs")] {
//!     dependencies.push_dynamic(types::log::STATIC_STRING, |payload| {
//!         StaticStringDependency { id, text }.write_to(payload);
//!     });
//! }
//! let site = LogMetadataRecord { id: 4, fmt_str: 1, target: 2, file: 3, line: 10, level: 4 };
//! dependencies.push(types::log::LOG_METADATA, &site);
//!
//! let mut objects = RecordQueue::new();
//! objects.push(types::log::LOG_STATIC_STR_EVENT, &LogStaticStrEvent { desc: 4, time: 1234 });
//!
//! let payload = Payload {
//!     dependencies: compress_frame(dependencies.as_bytes()).into(),
//!     objects: compress_frame(objects.as_bytes()).into(),
//! };
//!
//! let limits = Limits::default();
//! let plan = StreamPlan::compile(&types::log_stream_layout(), &limits)?;
//! let block = plan.open(&payload, &limits)?;
//! let logs = block.logs();
//! assert_eq!(logs.columns.message.get(0), Some("hello"));
//! assert_eq!(logs.columns.ticks, [1234]);
//! assert!(logs.losses.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! # Concepts
//!
//! A **record** is a type index, for some types a size, and a payload: for fixed types the memory
//! of a struct. A **layout** says what the structs look like; it is sent once a stream and never
//! assumed: decoders find types and members by name. **Dependencies** are records that others refer
//! to by id (strings, descriptors of call sites, property sets); they travel with the block that
//! needs them, so each block can be read alone.
//!
//! [`StreamPlan::compile`] turns a layout into a plan once, and a [`PlanCache`] keeps it for all
//! streams of that layout; [`StreamPlan::open`] decompresses a block and resolves its dependencies
//! into dense tables; [`OpenBlock::logs`] and its siblings fill columns.
//!
//! Who reads many blocks gives the memory of one to the next: [`StreamPlan::open_in`],
//! [`OpenBlock::into_buffer`], and the twins of the decoders that end with `_in`. Pages fresh from
//! the system can cost more than decoding what they hold.
//!
//! # Events of one's own
//!
//! A struct that derives [`Reflect`] is an event type; [`record_set!`] lists the types of a queue,
//! and a [`TypedQueue`] takes records of these types and no others. Readers need not know them:
//! [`OpenBlock::event_columns`] gives columns named after members, with references resolved, for any
//! type that [`StreamPlan::event_types`] lists. [`OpenBlock::visit_events`] shows all events of a
//! block one by one as [`Value`]s; it is for people who look into a block, not for queries.
//!
//! # Other versions
//!
//! Members are found by name: they may come in any order, with any offset, and integers in any
//! width. A member that is not known is passed over, and one that is not needed may be missing. A
//! type that is not known is skipped by its size and counted, and so is one that lacks a needed
//! member; the indices of the events behind it stay right.
//!
//! # Guarantees
//!
//! Bytes from outside never cause a panic, unbounded memory or unbounded recursion: they are read
//! through one checked cursor, within [`Limits`]. A record that cannot be read costs itself where
//! its extent is known, else the rest of its block; every loss is counted with its reason.
//!
//! # What this crate is not
//!
//! It does no I/O, starts no thread, and knows neither Arrow nor databases.

#![forbid(unsafe_code)]

// The derive macro names this crate by its own name, also in here.
extern crate self as micromegas_transit;

mod cbor;
pub mod cursor;
pub mod decode;
pub mod document;
mod error;
mod inflated;
mod layout;
mod limits;
mod lz4;
pub mod planar;
mod queue;
mod record_set;
mod reflect;
pub mod types;

pub use decode::{
    AsyncSpanColumns, BytesColumn, ColumnValues, Decoded, Event, EventColumn, EventColumns,
    EventKind, EventMember, EventType, ImageColumns, LogColumns, Loss, LossReason, Losses,
    MemberKind, MetricColumns, NetSpanColumns, NetSpanEdge, NetSpanKind, Object, OpenBlock,
    PlanCache, PropertySets, Scope, SpanColumns, StreamPlan, StringTable, TextColumn, Value,
    Visited,
};
pub use document::{Block, Payload, ProcessInfo, RawPayload, StreamInfo, TickRange};
pub use error::{Error, Result};
pub use inflated::inflated_bytes;
pub use layout::{
    LayoutHash, MemberLayout, StreamLayout, TypeLayout, layouts_from_cbor, layouts_to_cbor,
};
pub use limits::Limits;
pub use lz4::{compress_frame, decompress_frame, decompress_frame_into};
pub use micromegas_transit_derive::Reflect;
pub use queue::RecordQueue;
pub use record_set::{Holds, RecordSet, TypedQueue, layout_table};
pub use reflect::{Reflect, ReflectDynamic, ReflectMember};
