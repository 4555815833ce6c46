//! What was measured, left where `cargo xtask budget` looks for it.

use std::fs;
use std::io;
use std::path::PathBuf;

use crate::subject::Subject;

/// A folder in which criterion would leave the same for benches of these names.
#[derive(Debug)]
pub(crate) struct Times {
    folder: PathBuf,
}

impl Times {
    /// Leaves times in this folder.
    pub(crate) fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Leaves the nanoseconds of a span, measured in this round.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(crate) fn note(
        &self,
        subject: &Subject,
        state: &str,
        round: u32,
        time: f64,
    ) -> io::Result<()> {
        let folder = self.folder.join(subject.name).join(state).join(round.to_string()).join("new");
        fs::create_dir_all(&folder)?;
        let estimates = format!("{{\"median\":{{\"point_estimate\":{time}}}}}\n");
        fs::write(folder.join("estimates.json"), estimates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::libraries;

    #[test]
    fn each_round_of_each_state_has_a_file() {
        let folder = std::env::temp_dir().join(format!("peers-{}", std::process::id()));
        let times = Times::in_folder(&folder);
        let [first, ..] = libraries::all();
        times.note(&first, "recording", 2, 19.5).expect("the folder can be written");
        let file = folder.join("limit/recording/2/new/estimates.json");
        let text = fs::read_to_string(file).expect("it was written");
        assert_eq!(text, "{\"median\":{\"point_estimate\":19.5}}\n");
        fs::remove_dir_all(folder).expect("the folder can be removed");
    }
}
