//! One process as a file: what the lake holds of it, to be taken elsewhere.
//!
//! An archive is a tar file, so common tools look into it:
//!
//! | entry | holds |
//! |---|---|
//! | `manifest.json` | version of the format, the process, when it was exported, the format of each stream |
//! | `process.cbor` | the process document, as clients send it |
//! | `streams/{stream}.cbor` | a stream document for each stream |
//! | `blocks/{number}-{block}.cbor` | a block document for each complete block, in the order of the lake, payloads untouched |
//! | `end.json` | how many there are; without it the file was cut |

mod entry;
mod export;
mod import;
mod manifest;

pub use export::export_process;
pub use import::import_process;
pub use manifest::Archived;
