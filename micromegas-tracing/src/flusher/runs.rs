//! Words that were taken from buffers, read as the records they are.
#![expect(unsafe_code, reason = "words are read as the records of the buffer's kind")]

use crate::buffer::chain::Taken;
use crate::record::{Record, Records};
use crate::recording::late::LateRun;

/// The records that were taken from a chain.
pub(super) fn of_taken<'a, R: Record<'a>>(taken: &'a Taken) -> Records<'a, R> {
    assert_eq!(taken.kind(), R::KIND);
    // SAFETY: the recording functions write whole records of a kind into chains of that kind, and
    // commit them whole.
    unsafe { Records::new(taken.words()) }
}

/// The records that a thread made after its end.
pub(super) fn of_late<'a, R: Record<'a>>(run: &'a LateRun) -> Records<'a, R> {
    assert_eq!(run.kind, R::KIND);
    // SAFETY: the recording functions push whole records, with their kind.
    unsafe { Records::new(&run.words) }
}
