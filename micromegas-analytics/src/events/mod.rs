//! Events of types that a process has defined itself, as tables of the schema `events`.

mod list;
mod member;
mod schema;
mod types;

pub(crate) use list::ListEventTypes;
pub(crate) use schema::EventSchema;
