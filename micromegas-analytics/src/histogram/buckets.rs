//! The counts of a run of buckets.

/// Buckets of one sign are never more than this.
pub(super) const BUCKET_COUNT_MAX: usize = 160;

/// Counts of neighbouring buckets; the first and the last one are not zero.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Buckets {
    /// Index of the first bucket.
    pub(super) offset: i32,
    pub(super) counts: Vec<u64>,
}

impl Buckets {
    /// Least and greatest index of what is here and of one more.
    fn range_with(&self, first: i32, last: i32) -> (i64, i64) {
        let (first, last) = (i64::from(first), i64::from(last));
        if self.counts.is_empty() {
            return (first, last);
        }
        let own = i64::from(self.offset);
        (first.min(own), last.max(own + self.counts.len() as i64 - 1))
    }

    /// By how much scales must fall for these buckets and others from `first` to `last`, of the
    /// same scale, to be few enough.
    pub(super) fn excess(&self, first: i32, last: i32) -> u32 {
        let (mut first, mut last) = self.range_with(first, last);
        let mut excess = 0;
        while last - first >= BUCKET_COUNT_MAX as i64 {
            (first, last) = (first >> 1, last >> 1);
            excess += 1;
        }
        excess
    }

    /// Joins neighbours, so that the scale falls by `by`.
    pub(super) fn downscale(&mut self, by: u32) {
        if by == 0 || self.counts.is_empty() {
            return;
        }
        let first = self.offset >> by.min(31);
        let mut counts: Vec<u64> = Vec::with_capacity(self.counts.len());
        for (place, count) in self.counts.iter().enumerate() {
            let index = (i64::from(self.offset) + place as i64) >> by.min(31);
            let place = (index - i64::from(first)) as usize;
            if counts.len() <= place {
                counts.resize(place + 1, 0);
            }
            counts[place] = counts[place].saturating_add(*count);
        }
        self.offset = first;
        self.counts = counts;
    }

    /// Counts values of the bucket at `index`, which is near enough.
    pub(super) fn add(&mut self, index: i32, count: u64) {
        if count == 0 {
            return;
        }
        let (first, last) = self.range_with(index, index);
        if self.counts.is_empty() {
            self.offset = index;
        } else if first < i64::from(self.offset) {
            let missing = (i64::from(self.offset) - first) as usize;
            self.counts.splice(0..0, std::iter::repeat_n(0, missing));
            self.offset = index;
        }
        let length = (last - first + 1) as usize;
        if self.counts.len() < length {
            self.counts.resize(length, 0);
        }
        let place = (i64::from(index) - i64::from(self.offset)) as usize;
        self.counts[place] = self.counts[place].saturating_add(count);
    }

    /// Index and count of the buckets that are not empty.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (i64, u64)> + '_ {
        let indices = (0..self.counts.len()).map(|place| i64::from(self.offset) + place as i64);
        indices.zip(self.counts.iter().copied()).filter(|(_, count)| *count > 0)
    }

    /// The last index; that of the first one if there is none.
    pub(super) fn last(&self) -> i32 {
        self.offset.saturating_add((self.counts.len() as i32 - 1).max(0))
    }
}
