//! API keys: making them, keeping them in a file, and looking at those that requests bring.

mod file;
mod text;
mod verifier;

pub use file::KeyFile;
pub use text::{KEY_MARK, KeyText};
pub(crate) use verifier::principal;
pub use verifier::{ApiKeys, ApiKeysOptions};
