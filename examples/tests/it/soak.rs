//! Load that is accounted for to the event, also when nothing gets through for a while.

use crate::started::{MICROMEGAS, run};

/// Runs a soak with these arguments; the words of the line that begins so.
fn soak(args: &[&str]) -> impl Fn(&str) -> Vec<String> + use<> {
    let output = run(MICROMEGAS, &[&["soak"], args].concat()).output();
    move |begin| {
        let line = output.lines().find(|line| line.trim_start().starts_with(begin));
        let line = line.unwrap_or_else(|| panic!("no {begin} in {output}"));
        line.trim_start()[begin.len()..].split_whitespace().map(str::to_owned).collect()
    }
}

#[test]
fn everything_is_stored_while_nothing_stalls_for_long() {
    let args = ["--profile", "game60", "--rate", "60000", "--threads", "4", "--seconds", "2"];
    for stall_at in ["sink", "server"] {
        let line = soak(&[&args[..], &["--stall", "1", "--stall-at", stall_at]].concat());
        assert_eq!(line("recorded"), line("stored"));
        assert_eq!(line("dropped"), ["0"; 4]);
        let spans: u64 = line("stored")[3].parse().unwrap();
        assert!((60_000..=140_000).contains(&spans), "{spans}");
    }
}

#[test]
fn what_finds_no_room_is_counted_to_the_event() {
    let args = ["--rate", "0", "--threads", "4", "--seconds", "2", "--stall", "2"];
    for narrow in [["--buffers", "1"], ["--queue", "4"]] {
        let line = soak(&[&args[..], &narrow].concat());
        let numbers = |begin: &str| -> Vec<u64> {
            line(begin).iter().map(|number| number.parse().unwrap()).collect()
        };
        let (recorded, stored, dropped) =
            (numbers("recorded"), numbers("stored"), numbers("dropped"));
        assert!(dropped[0] > 0 && stored[0] > 0);
        for kind in 0..4 {
            assert_eq!(recorded[kind], stored[kind] + dropped[kind]);
        }
    }
}
