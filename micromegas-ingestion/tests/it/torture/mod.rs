//! Torture: clients send while servers are killed at any moment and their stores fail, stall for
//! longer than the sweeper waits, and come back. Then everything that was answered with 200 is
//! there, once and right, and nothing else is half there.
//!
//! Two lakes are tortured at a time: one in a directory with one server, and one in PostgreSQL and
//! S3 that two servers share. What happens follows from a seed, up to the timing of the machine.
//! `cargo xtask torture ingest` runs this for longer.

mod blocks;
mod chaos;
mod check;
mod client;
mod faulty_objects;
mod killer;
mod place;
mod run;
mod server;
mod settings;
mod told;
mod watcher;
