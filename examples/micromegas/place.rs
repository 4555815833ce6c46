//! Which lake a command works on.

use std::path::PathBuf;

use anyhow::Result;

use crate::storage::Storage;

/// Which lake.
#[derive(Debug, clap::Args)]
pub(crate) struct Place {
    /// The directory of the lake
    #[arg(
        long,
        global = true,
        env = "MICROMEGAS_DATA_DIR",
        default_value = "./micromegas-data",
        value_name = "DIR"
    )]
    data_dir: PathBuf,

    /// Its PostgreSQL database, in place of DIR
    #[arg(
        long,
        global = true,
        env = "MICROMEGAS_DATABASE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    database: Option<String>,

    /// The object store that goes with the database
    #[arg(
        long,
        global = true,
        env = "MICROMEGAS_OBJECT_STORE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    objects: Option<String>,
}

impl Place {
    /// The stores.
    ///
    /// # Errors
    ///
    /// If one of the two URLs is there and the other one is not.
    pub(crate) fn storage(self) -> Result<Storage> {
        match (self.database, self.objects) {
            (Some(database), Some(objects)) => Ok(Storage::Shared { database, objects }),
            (None, None) => Ok(Storage::directory(self.data_dir)),
            _ => anyhow::bail!("--database and --objects go together"),
        }
    }

    /// The URL of the database.
    pub(crate) fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }
}
