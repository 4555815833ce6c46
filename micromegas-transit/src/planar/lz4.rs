//! Decompressing LZ4 blocks of planes.
//!
//! Planes are full of runs and of short periods, which LZ4 stores as matches that overlap what they
//! make. `lz4_flex`, which compresses here and decompresses everything else, copies those byte by
//! byte in safe code. Here they are copied in pieces as long as possible, in safe code as well.

/// How many bytes are copied at once where there is room for them, whatever number is wanted.
const PIECE: usize = 16;

/// Longer matches are left to the standard library's copies.
const SHORT_MAX: usize = 64;

/// The least length of a match.
const MATCH_BYTES_MIN: usize = 4;

/// Decompresses one block; none unless it is valid and fills `out` exactly.
pub(super) fn decompress(mut coded: &[u8], out: &mut [u8]) -> Option<()> {
    let mut filled = 0;
    loop {
        let (token, rest) = coded.split_first()?;
        coded = rest;
        let literal_bytes = read_length(token >> 4, &mut coded)?;
        copy_literals(coded, out, filled, literal_bytes)?;
        filled += literal_bytes;
        coded = &coded[literal_bytes..];
        if coded.is_empty() {
            return (filled == out.len()).then_some(());
        }
        let (offset, rest) = coded.split_first_chunk()?;
        coded = rest;
        let offset = usize::from(u16::from_le_bytes(*offset));
        let match_bytes = read_length(token & 15, &mut coded)?.checked_add(MATCH_BYTES_MIN)?;
        repeat(out, filled, offset, match_bytes)?;
        filled += match_bytes;
    }
}

/// A length that begins with half a token.
#[inline]
fn read_length(half_token: u8, coded: &mut &[u8]) -> Option<usize> {
    let mut length = usize::from(half_token);
    if half_token == 15 {
        loop {
            let (more, rest) = coded.split_first()?;
            *coded = rest;
            length = length.checked_add(usize::from(*more))?;
            if *more != u8::MAX {
                break;
            }
        }
    }
    Some(length)
}

/// Copies the first bytes of `coded`; none if there are not as many, or no room for them.
#[inline]
fn copy_literals(coded: &[u8], out: &mut [u8], filled: usize, count: usize) -> Option<()> {
    let room = out.get_mut(filled..)?;
    if count <= PIECE
        && let Some(to) = room.first_chunk_mut::<PIECE>()
        && let Some(from) = coded.first_chunk()
    {
        *to = *from;
    } else {
        room.get_mut(..count)?.copy_from_slice(coded.get(..count)?);
    }
    Some(())
}

/// Writes `count` bytes behind those that are filled, each a copy of the one `offset` bytes before
/// it; none if that lies outside.
#[inline]
fn repeat(out: &mut [u8], filled: usize, offset: usize, count: usize) -> Option<()> {
    let begin = filled.checked_sub(offset).filter(|_| offset > 0)?;
    let end = filled.checked_add(count).filter(|end| *end <= out.len())?;
    if count > SHORT_MAX {
        // What is there from `begin` on repeats itself, so each copy may be as long as all of it.
        let mut at = filled;
        while at < end {
            let piece = (at - begin).min(end - at);
            out.copy_within(begin..begin + piece, at);
            at += piece;
        }
        return Some(());
    }
    let Some(window) = out.get_mut(begin..end + PIECE) else {
        for at in filled..end {
            out[at] = out[at - offset];
        }
        return Some(());
    };
    // Pieces may write more than is wanted, which is not filled yet.
    if offset >= PIECE {
        for from in (0..count).step_by(PIECE) {
            window.copy_within(from..from + PIECE, from + offset);
        }
    } else {
        let (pattern, stride) = pattern(window, offset);
        for at in (offset..offset + count).step_by(stride) {
            window[at..at + PIECE].copy_from_slice(&pattern);
        }
    }
    Some(())
}

/// The first `offset` bytes of the window, fewer than a piece, again and again; and after how many
/// bytes the same piece may follow.
#[inline]
fn pattern(window: &[u8], offset: usize) -> ([u8; PIECE], usize) {
    let first = window.first_chunk().copied().unwrap_or([0; PIECE]);
    let mut bits = u128::from_le_bytes(first) & ((1 << (8 * offset)) - 1);
    let mut known = offset;
    while known < PIECE {
        bits |= bits << (8 * known);
        known *= 2;
    }
    (bits.to_le_bytes(), PIECE - PIECE % offset)
}

#[cfg(test)]
mod tests {
    use lz4_flex::block::{compress, decompress_into};
    use proptest::prelude::*;

    use super::*;

    fn assert_as_library(coded: &[u8], size: usize) {
        let (mut own, mut library) = (vec![0; size], vec![0; size]);
        let is_own = decompress(coded, &mut own).is_some();
        let is_of_library = decompress_into(coded, &mut library).is_ok_and(|count| count == size);
        assert_eq!(is_own, is_of_library);
        assert!(!is_own || own == library);
    }

    proptest! {
        #[test]
        fn periods_of_all_lengths_are_repeated(
            runs in proptest::collection::vec((1..70_usize, 0..300_usize, any::<u64>()), 0..20),
        ) {
            let mut raw = Vec::new();
            for (period, length, seed) in runs {
                let byte = |i| (seed >> (i % period % 57)) as u8 ^ (i % period) as u8;
                raw.extend((0..length).map(byte));
            }
            let coded = compress(&raw);
            let mut out = vec![0; raw.len()];
            prop_assert_eq!(decompress(&coded, &mut out), Some(()));
            prop_assert_eq!(&out, &raw);
            assert_as_library(&coded, raw.len() + 1);
            assert_as_library(&coded, raw.len().saturating_sub(1));
            assert_as_library(&coded[..coded.len() / 2], raw.len());
        }

        #[test]
        fn whatever_the_bytes_are_the_library_says_the_same(
            coded in proptest::collection::vec(prop_oneof![0..40_u8, any::<u8>()], 0..60),
            size in 0..400_usize,
        ) {
            assert_as_library(&coded, size);
        }
    }

    #[test]
    fn matches_of_all_offsets_and_lengths_at_the_end_and_before_it() {
        for offset in 1..40_usize {
            for count in 4..100_usize {
                for behind in [5, 40] {
                    let literal = |count: usize| -> Vec<u8> {
                        let head = if count < 15 { vec![] } else { vec![(count - 15) as u8] };
                        head.into_iter().chain((0..count).map(|i| (7 * i + 1) as u8)).collect()
                    };
                    let high = |count: usize| (count.min(15) as u8) << 4;
                    let mut coded = vec![high(offset) | (count - 4).min(15) as u8];
                    coded.extend(literal(offset));
                    coded.extend([offset as u8, 0]);
                    coded.extend((count >= 19).then(|| (count - 19) as u8));
                    coded.push(high(behind));
                    coded.extend(literal(behind));
                    let size = offset + count + behind;
                    assert!(decompress(&coded, &mut vec![0; size]).is_some());
                    assert_as_library(&coded, size);
                }
            }
        }
    }
}
