//! A library as the rounds see it.

/// A way to record spans.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject {
    /// Also the name of a folder.
    pub(crate) name: &'static str,
    /// Starts the library, for the rest of the process's life.
    pub(crate) start: fn(),
    /// Records so many spans, one after the other, within one that is open.
    pub(crate) spans: fn(u64),
    /// Called between bursts, untimed: makes room for the next one.
    pub(crate) rest: fn(),
    /// What is recorded before the start costs something of interest.
    pub(crate) is_off_before_start: bool,
    /// A feature leaves nothing of it.
    pub(crate) can_be_compiled_out: bool,
    /// None where spans have no level.
    pub(crate) filter: Option<Filter>,
}

/// How a library's spans are filtered by level.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filter {
    /// Turns the filter on, or off again.
    pub(crate) set: fn(bool),
    /// Records spans that it takes.
    pub(crate) spans: fn(u64),
}

pub(crate) fn nothing() {}
