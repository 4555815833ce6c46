//! Rows by the dozen: statements over several rows, of few different lengths.

/// The most rows in one statement; times the columns of the widest table it is far below the
/// 32,766 parameters that SQLite takes.
const ROWS_MAX: usize = 64;

/// Splits rows into chunks whose lengths are powers of two.
///
/// A statement is compiled once for each length and found again by its text, so there should be
/// few lengths: seven of them serve all.
pub(super) fn chunks<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let power = rows.len().checked_ilog2()?;
        let (chunk, rest) = rows.split_at((1 << power).min(ROWS_MAX));
        rows = rest;
        Some(chunk)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_rows_are_in_chunks_of_few_lengths() {
        let rows: Vec<u32> = (0..203).collect();
        let lengths: Vec<usize> = chunks(&rows).map(<[u32]>::len).collect();
        assert_eq!(lengths, [64, 64, 64, 8, 2, 1]);
        assert_eq!(chunks(&rows).flatten().copied().collect::<Vec<_>>(), rows);
        assert_eq!(chunks::<u32>(&[]).count(), 0);
    }
}
