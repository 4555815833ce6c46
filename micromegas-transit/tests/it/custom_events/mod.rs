//! Types of a client's own: what becomes of them without anybody knowing their names.

mod columns;
mod round_trip;
mod values;
