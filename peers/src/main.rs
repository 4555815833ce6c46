//! What the begin and end of a span cost the thread that records it: ours, the peers, and the least
//! that it can cost, in rounds that take turns.
//!
//! `cargo xtask budget recording` builds and runs this twice: with everything compiled out that can
//! be, and with everything recording. A process starts each library once, so the states come in
//! this order: not started; then, in rounds, filtered by level, recording, and recording beside a
//! second thread. The argument is the folder for what was measured.

mod burst;
mod libraries;
#[path = "../../benches/src/ring.rs"]
#[expect(unreachable_pub, reason = "a file of the benches, where it is public")]
#[cfg_attr(not(test), expect(dead_code, reason = "only one of its yardsticks is used here"))]
mod ring;
mod subject;
mod times;

use std::io;
use std::process::ExitCode;

use subject::Subject;
use times::Times;

/// How often each subject is measured in each state.
const ROUND_COUNT: u32 = 15;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("name the folder for what is measured");
        return ExitCode::FAILURE;
    };
    match run(&Times::in_folder(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot leave what was measured: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(times: &Times) -> io::Result<()> {
    let subjects = libraries::all();
    if !cfg!(feature = "recording") {
        return rounds(&subjects, |subject, round| {
            if !subject.can_be_compiled_out {
                return Ok(());
            }
            times.note(subject, "compiled_out", round, burst::alone(subject))
        });
    }
    rounds(&subjects, |subject, round| {
        if !subject.is_off_before_start {
            return Ok(());
        }
        times.note(subject, "not_started", round, burst::alone(subject))
    })?;
    subjects.iter().for_each(|subject| (subject.start)());
    rounds(&subjects, |subject, round| {
        if let Some(filter) = &subject.filter {
            (filter.set)(true);
            let filtered = Subject { spans: filter.spans, ..*subject };
            times.note(subject, "filtered", round, burst::alone(&filtered))?;
            (filter.set)(false);
        }
        times.note(subject, "recording", round, burst::alone(subject))?;
        times.note(subject, "beside_a_second", round, burst::beside_another(subject))
    })
}

fn rounds(
    subjects: &[Subject],
    measure: impl Fn(&Subject, u32) -> io::Result<()>,
) -> io::Result<()> {
    (1..=ROUND_COUNT)
        .try_for_each(|round| subjects.iter().try_for_each(|subject| measure(subject, round)))
}
