//! Which parts of a file are free.

use std::collections::BTreeMap;

/// The free parts of a file, and where it ends.
#[derive(Debug, Default)]
pub(super) struct Extents {
    /// Lengths by offset; no two touch, and none touches the end.
    free: BTreeMap<u64, u64>,
    end: u64,
}

/// A part given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) offset: u64,
    /// How much stays free behind it.
    pub(super) rest: u64,
}

impl Extents {
    /// Where the file ends.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// The parts of a file in order: their lengths, and whether they are free.
    pub(super) fn of_parts(parts: impl Iterator<Item = (u64, bool)> + Clone) -> Self {
        let mut extents =
            Self { free: BTreeMap::new(), end: parts.clone().map(|part| part.0).sum() };
        let mut offset = 0;
        for (bytes, is_free) in parts {
            if is_free {
                extents.release(offset, bytes);
            }
            offset += bytes;
        }
        extents
    }

    /// Takes the first free part that is long enough, or one at the end, by which the file may
    /// grow by `growth_max`. None if there is no room.
    pub(super) fn take(&mut self, bytes: u64, growth_max: u64) -> Option<Taken> {
        let found = self.free.iter().find(|(_, length)| **length >= bytes);
        if let Some((&offset, &length)) = found {
            self.free.remove(&offset);
            let rest = length - bytes;
            if rest > 0 {
                self.free.insert(offset + bytes, rest);
            }
            return Some(Taken { offset, rest });
        }
        if bytes > growth_max {
            return None;
        }
        let offset = self.end;
        self.end += bytes;
        Some(Taken { offset, rest: 0 })
    }

    /// Gives a part back. If it was the last one, the end moves down.
    pub(super) fn release(&mut self, offset: u64, bytes: u64) {
        let (mut offset, mut bytes) = (offset, bytes);
        if let Some((&before, &length)) = self.free.range(..offset).next_back()
            && before + length == offset
        {
            self.free.remove(&before);
            (offset, bytes) = (before, length + bytes);
        }
        if let Some(length) = self.free.remove(&(offset + bytes)) {
            bytes += length;
        }
        if offset + bytes == self.end {
            self.end = offset;
        } else {
            self.free.insert(offset, bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freed_parts_are_used_again_and_neighbours_become_one() {
        let mut extents = Extents::default();
        for offset in [0, 64, 128, 192] {
            assert_eq!(extents.take(64, 64), Some(Taken { offset, rest: 0 }));
        }
        extents.release(0, 64);
        extents.release(128, 64);
        assert_eq!(extents.take(128, 0), None);
        extents.release(64, 64);
        assert_eq!(extents.take(128, 0), Some(Taken { offset: 0, rest: 64 }));
        assert_eq!(extents.take(64, 0), Some(Taken { offset: 128, rest: 0 }));
        assert_eq!(extents.end(), 256);
    }

    #[test]
    fn the_end_moves_down_over_all_that_is_free() {
        let mut extents = Extents::default();
        for _ in 0..3 {
            extents.take(64, 64);
        }
        extents.release(64, 64);
        extents.release(128, 64);
        assert_eq!(extents.end(), 64);
        extents.release(0, 64);
        assert_eq!(extents.end(), 0);
    }

    #[test]
    fn walking_a_file_finds_what_is_free() {
        let parts = [(64, false), (128, true), (64, false), (64, true)];
        let mut extents = Extents::of_parts(parts.into_iter());
        assert_eq!(extents.end(), 256);
        assert_eq!(extents.take(64, 0), Some(Taken { offset: 64, rest: 64 }));
    }
}
