//! What waits to be sent: by priority, in order, bounded in bytes.
//!
//! - [`block`]: a block that waits, in memory or on disk.
//! - [`state`]: all that waits, and what makes way when there is no room.
//! - [`shared`]: the same for several threads, and who waits for what.

mod block;
mod shared;
mod state;

pub(super) use block::{Content, Key, Packed};
pub(super) use shared::{Fate, Queue, Task, ToDo, ToSend};
pub(super) use state::QueueLimits;
