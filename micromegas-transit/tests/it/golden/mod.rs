//! Blocks of every producer, kept as files: the documents as they were sent, and what decoding
//! makes of them.
//!
//! A golden is four files of one name in `tests/goldens`: `.process`, `.stream` and `.block` hold
//! the CBOR documents, `.json` what the decoder gives. The documents of clients that run here are
//! recorded by the program in `compat/`; those of the others are written by the modules beside
//! this one. With `MICROMEGAS_BLESS=1` the test rewrites the latter, and the `.json` of all.

mod compare;
mod coverage;
mod documents;
mod folder;
mod legacy;
mod own;
mod render;
mod seeds;
mod unreal;
mod unreal_net;

pub(crate) use folder::all;
