//! Control: what live processes record, changed from here for a while.
//!
//! A [rule](NewControlRule) says which processes of a tenant, what is to change in them, and for how
//! long. Setting one needs the right `control`. The processes hear of it in the answers to what they
//! send, with the time that is left; so it ends by itself, whatever happens to this server.
//! `docs/control.md` is the whole protocol.
//!
//! Rules are small objects of the lake's object store: they survive a restart, and all servers over
//! one lake have the same. [Actions](ControlAction) are in the audit log of the lake: each is written
//! before it is done.

mod archive;
mod audit;
mod desk;
mod http;
mod journal;
mod merge;
mod rule;
mod service;
mod settings;

pub use audit::ControlAction;
pub(crate) use desk::Desk;
pub use http::control_routes;
pub(crate) use http::{announce, document, sender, settings};
pub use rule::{ControlRule, NewControlRule, ProcessMatch};
pub use settings::{ControlSettings, Sampling};
