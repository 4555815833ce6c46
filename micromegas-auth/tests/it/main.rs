//! The layer as senders meet it: credentials in headers, and who is behind them.
#![expect(clippy::unwrap_used, reason = "a test ends where what it relies on is missing")]

mod disabled;
mod grpc;
mod issuer;
mod key_file;
mod keys;
mod rotation;
mod secrets;
mod server;
mod signing;
mod tokens;
