//! A builder from the environment, for binaries. Nothing else here reads it.
//!
//! - [`names`]: the variables, as published clients know them.
//! - [`values`]: reading one, and what is wrong with it.
//! - [`from_env`]: what they come to.

mod from_env;
mod names;
mod values;

pub use from_env::inherit_process;
pub use values::EnvironmentError;
