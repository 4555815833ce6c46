//! The recording thread's side: from a macro to words in a buffer.
//!
//! - [`hot`]: the cursors of a thread, and the path of an event that finds room.
//! - [`cold`]: what happens when there is no room: registering a thread, the next buffer, the end
//!   of the thread.
//! - [`threads`]: the buffers of all threads, as the flusher sees them.
//! - [`late`]: events of threads whose thread-locals are gone.
//! - [`log`], [`entry`], [`append`], [`open_record`], [`message`]: log entries, formatted into the
//!   buffer.
//! - [`section`], [`nested`]: log entries made while another one of the thread is open.
//! - [`shown`]: entries that a sink is shown at the moment of recording.
//! - [`signal`]: what is refused while a signal is handled.

pub(crate) mod append;
pub(crate) mod cold;
pub(crate) mod entry;
pub(crate) mod hot;
pub(crate) mod late;
pub(crate) mod log;
pub(crate) mod message;
pub(crate) mod nested;
pub(crate) mod open_record;
pub(crate) mod section;
pub(crate) mod shown;
pub(crate) mod signal;
pub(crate) mod threads;
