//! Rows by the dozen: statements over several rows.

/// The most rows in one statement; times the columns of the widest table it is far below the
/// 32,766 parameters that SQLite takes.
pub(super) const ROWS_MAX: usize = 64;

/// How many statements a connection keeps compiled: those of each length for a few tables.
pub(super) const STATEMENTS_MAX: usize = 6 * ROWS_MAX;

/// Splits rows into chunks of one statement each.
///
/// A statement is compiled once for each length and found again by its text. A group of a few rows
/// is one statement, because each is a turn between the tasks and the connection's thread.
pub(super) fn chunks<T>(rows: &[T]) -> std::slice::Chunks<'_, T> {
    rows.chunks(ROWS_MAX)
}
