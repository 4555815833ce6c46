//! Every type of the published Rust clients' tables, in the order and with the layout that each
//! version was observed to send.

mod evolution;
mod layouts;
mod records;
mod streams;
