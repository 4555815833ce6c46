//! What the begin and end of a span cost the thread that records it: ours, the peers, and the least
//! that it can cost, in rounds that take turns.
//!
//! `cargo xtask peers` builds and runs this twice: with everything compiled out that can be, and with
//! everything recording. A process starts each library once, so the states come in this order: not
//! started; then, in rounds, filtered by level, recording, and recording beside a second thread.

mod burst;
mod libraries;
#[path = "../../benches/src/ring.rs"]
#[expect(unreachable_pub, reason = "a file of the benches, where it is public")]
#[cfg_attr(not(test), expect(dead_code, reason = "only one of its yardsticks is used here"))]
mod ring;
mod subject;
mod table;

use subject::Subject;
use table::Table;

/// How often each subject is measured in each state.
const ROUND_COUNT: u32 = 15;

fn main() {
    let subjects = libraries::all();
    let mut table = Table::default();
    if cfg!(feature = "recording") {
        rounds(&subjects, &mut table, |subject, table| {
            if subject.is_off_before_start {
                table.note(subject, "not started", burst::alone(subject));
            }
        });
        subjects.iter().for_each(|subject| (subject.start)());
        rounds(&subjects, &mut table, in_all_states);
    } else {
        rounds(&subjects, &mut table, |subject, table| {
            if subject.can_be_compiled_out {
                table.note(subject, "compiled out", burst::alone(subject));
            }
        });
    }
    print!("{table}");
}

fn rounds(subjects: &[Subject], table: &mut Table, measure: impl Fn(&Subject, &mut Table)) {
    for _ in 0..ROUND_COUNT {
        subjects.iter().for_each(|subject| measure(subject, table));
    }
}

fn in_all_states(subject: &Subject, table: &mut Table) {
    if let Some(filter) = &subject.filter {
        (filter.set)(true);
        table.note(subject, "filtered", burst::alone(&Subject { spans: filter.spans, ..*subject }));
        (filter.set)(false);
    }
    table.note(subject, "recording", burst::alone(subject));
    table.note(subject, "beside a second", burst::beside_another(subject));
}
