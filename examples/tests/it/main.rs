//! The programs as their users meet them: started from the command line, talked to over sockets,
//! killed, and started again.
#![expect(clippy::unwrap_used, reason = "a test ends where what it relies on is missing")]

mod access;
mod bad_use;
mod control;
mod crashed;
mod deploy;
mod documents;
mod kill_and_restart;
mod lake;
mod late_stream;
mod malformed;
mod materialize;
mod otlp_grpc;
mod own_telemetry;
mod programs;
mod query_formats;
mod redaction;
mod sender;
mod server;
mod shutdown;
mod soak;
mod spool;
mod started;
mod two_processes;
mod whole_path;
