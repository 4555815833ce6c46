//! Properties: names and values that an event carries beside what its descriptor says.
//!
//! - [`set`]: sets that live as long as the process; an event refers to them.
//! - [`list`]: pairs that are made at run time and travel with the event; [`scratch`] keeps their
//!   memory.
//! - [`tags`]: all properties of one event.
//! - [`text`]: what can be a value as it is.

mod list;
mod scratch;
mod set;
mod text;

pub(crate) mod tags;

pub use list::PropertyList;
pub use set::{Property, PropertySet};
pub use text::PropertyText;
