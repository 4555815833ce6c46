//! The same query gives the same rows, whatever has been materialised, in whatever order blocks
//! arrived, whoever died meanwhile: random telemetry and random events in the life of a lakehouse,
//! compared with a plain reading of everything that has arrived.
//!
//! `cargo xtask test invariant --cases N --seed S` runs more of it. Case `i` follows from the seed
//! `S + i` alone, up to the timing of the machine, and a case that fails is made smaller.

mod check;
mod machine;
mod naive;
mod names;
mod objects;
mod other_client;
mod run;
mod world;
