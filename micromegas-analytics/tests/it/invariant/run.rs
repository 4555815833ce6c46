//! Cases, each of a seed of its own.

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestCaseError, TestRng, TestRunner};

use super::machine::{Machine, Step, step};
use super::world::{Clock, PROCESS_COUNT, clock};

/// Cases of an ordinary run of the tests.
const CASE_COUNT: u64 = 150;

/// A number that xtask passes on.
#[expect(clippy::disallowed_methods, reason = "a test that xtask starts is told by variables")]
pub(super) fn number(variable: &str, default: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")),
        Err(_) => default,
    }
}

fn run_case(clocks: [Clock; PROCESS_COUNT], in_file: bool, steps: Vec<Step>, pick: u16) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut machine = Machine::new(clocks, in_file).await;
        for step in steps {
            machine.apply(step).await;
        }
        machine.finish(pick).await;
    });
}

/// Runs the case of a seed, and makes it smaller if it fails.
fn check_seed(seed: u64) -> Result<(), String> {
    let config = ProptestConfig {
        cases: 1,
        max_shrink_iters: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let case = (
        [clock(), clock(), clock()],
        prop::bool::weighted(0.1),
        prop::collection::vec(step(), 1..40),
        0..60_000_u16,
    );
    let run = |(clocks, in_file, steps, pick)| {
        let run = || run_case(clocks, in_file, steps, pick);
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).map_err(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or(panic.downcast_ref::<&str>().map(ToString::to_string));
            TestCaseError::fail(text.unwrap_or_default())
        })
    };
    TestRunner::new_with_rng(config, rng).run(&case, run).map_err(|error| {
        format!("the case of the seed {seed} fails, alone with `--cases 1 --seed {seed}`: {error}")
    })
}

#[test]
fn the_same_query_gives_the_same_rows_whatever_has_happened() {
    let first = number("MICROMEGAS_INVARIANT_SEED", 1);
    let count = number("MICROMEGAS_INVARIANT_CASES", CASE_COUNT);
    let thread_count = std::thread::available_parallelism().map_or(2, usize::from);
    let failures: Vec<String> = std::thread::scope(|scope| {
        let check = |offset: usize| {
            move || {
                let mut seeds =
                    (first..first.saturating_add(count)).skip(offset).step_by(thread_count);
                seeds.find_map(|seed| check_seed(seed).err())
            }
        };
        let threads: Vec<_> = (0..thread_count).map(|offset| scope.spawn(check(offset))).collect();
        threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
