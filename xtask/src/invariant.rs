//! `cargo xtask test invariant`: many random cases of what the tests try some of.

use anyhow::Result;
use clap::Args;

use crate::command;
use crate::workspace::Workspace;

/// The tests that are run at another scale.
const TESTS: &str = "invariant::";

/// How much is tried. What is not told is as in the ordinary tests.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scale {
    /// Of `invariant`: how many cases
    #[arg(long)]
    cases: Option<u64>,
    /// Of `invariant`: from where cases are numbered; each follows from its number
    #[arg(long)]
    seed: Option<u64>,
    /// Of `invariant`: how many different names are recorded
    #[arg(long)]
    names: Option<u64>,
}

impl Scale {
    /// Whether nothing was told.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// As the tests read it.
    fn variables(&self) -> Vec<(&'static str, String)> {
        let told = [
            ("MICROMEGAS_INVARIANT_CASES", self.cases),
            ("MICROMEGAS_INVARIANT_SEED", self.seed),
            ("MICROMEGAS_INVARIANT_NAMES", self.names),
        ];
        told.into_iter().filter_map(|(name, n)| Some((name, n?.to_string()))).collect()
    }
}

/// Runs the cases.
///
/// The whole workspace is named, so that cargo chooses the features that other test runs have built.
pub(crate) fn run(workspace: &Workspace, scale: &Scale, arguments: &[String]) -> Result<()> {
    let mut cargo = workspace.cargo(["test", "--workspace", "--test", "it", "--", TESTS]);
    cargo.args(["--nocapture"]).args(arguments).envs(scale.variables());
    command::run(cargo.env("RUST_BACKTRACE", "1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_reaches_the_tests() {
        let scale = Scale { cases: Some(7), seed: None, names: Some(9) };
        let expected = [("MICROMEGAS_INVARIANT_CASES", "7"), ("MICROMEGAS_INVARIANT_NAMES", "9")];
        assert_eq!(scale.variables(), expected.map(|(name, n)| (name, n.to_owned())));
        assert!(Scale::default().is_default() && !scale.is_default());
    }
}
