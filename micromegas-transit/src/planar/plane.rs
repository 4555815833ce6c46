//! Planes while they are written: nothing is stored as long as a plane is constant.

use super::choose;
use super::transform::{Seed, Transform, Width};

/// One byte of each value.
#[derive(Debug, Default)]
struct Plane {
    is_constant: bool,
    /// The byte of the first value.
    first: u8,
    bytes: Vec<u8>,
}

/// The values of a group on their way into planes.
#[derive(Debug)]
pub(super) struct GroupWriter {
    width: Width,
    /// The values of the present chunk.
    chunk: Vec<u64>,
    count: usize,
    /// The transform is chosen when the first chunk is complete.
    transform: Transform,
    /// What the decoder starts from.
    seed: Seed,
    /// Where the next chunk continues.
    state: Seed,
    /// What is stored for the first value.
    first: u64,
    planes: [Plane; 8],
}

impl GroupWriter {
    pub(super) fn new(width: Width) -> Self {
        Self {
            width,
            chunk: Vec::new(),
            count: 0,
            transform: Transform::Raw,
            seed: Seed::default(),
            state: Seed::default(),
            first: 0,
            planes: Default::default(),
        }
    }

    /// Forgets all values and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.chunk.clear();
        self.count = 0;
        for plane in &mut self.planes {
            plane.bytes.clear();
        }
    }

    /// Takes values; they stay in the chunk until [`end_chunk`](Self::end_chunk).
    #[inline]
    pub(super) fn extend(&mut self, values: impl Iterator<Item = u64>) {
        self.chunk.extend(values);
    }

    /// Takes the values that come with `true`.
    #[inline]
    pub(super) fn extend_selected(&mut self, values: impl ExactSizeIterator<Item = (bool, u64)>) {
        let begin = self.chunk.len();
        self.chunk.resize(begin + values.len(), 0);
        let mut count = 0;
        let room = &mut self.chunk[begin..];
        for (is_selected, value) in values {
            // Whether a value is kept is hard to foresee, so each is written, and the next one over
            // those that are not.
            if let Some(place) = room.get_mut(count) {
                *place = value;
            }
            count += usize::from(is_selected);
        }
        self.chunk.truncate(begin + count);
    }

    /// Splits the values of the chunk into planes.
    pub(super) fn end_chunk(&mut self) {
        if self.chunk.is_empty() {
            return;
        }
        if self.count == 0 {
            self.transform = choose::transform_for(&self.chunk, self.width);
            self.seed = Seed::before(&self.chunk, self.width);
            self.state = self.seed;
        }
        self.state.apply(self.transform, self.width, &mut self.chunk);
        if self.count == 0 {
            self.first = self.chunk[0];
            for (plane, byte) in self.planes.iter_mut().zip(self.first.to_le_bytes()) {
                (plane.is_constant, plane.first) = (true, byte);
            }
        }
        let varying = self.chunk.iter().fold(0, |bits, stored| bits | (stored ^ self.first));
        let planes = self.planes.iter_mut().take(self.width.bytes());
        for (place, (plane, varies)) in planes.zip(varying.to_le_bytes()).enumerate() {
            if plane.is_constant && varies != 0 {
                plane.is_constant = false;
                plane.bytes.resize(self.count, plane.first);
            }
            if !plane.is_constant {
                let shift = 8 * place as u32;
                plane.bytes.extend(self.chunk.iter().map(|stored| (stored >> shift) as u8));
            }
        }
        self.count += self.chunk.len();
        self.chunk.clear();
    }

    pub(super) fn width(&self) -> Width {
        self.width
    }

    /// Number of values in planes.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The transform; a group whose planes are all constant needs none if its values are equal.
    pub(super) fn transform(&self) -> Transform {
        let is_constant = self.coded_planes().next().is_none();
        match self.transform {
            Transform::Raw if is_constant => Transform::Constant,
            chosen => chosen,
        }
    }

    pub(super) fn seed(&self) -> Seed {
        self.seed
    }

    /// For each byte of the width: the byte that all values have, or none.
    pub(super) fn constants(&self) -> impl Iterator<Item = Option<u8>> {
        let planes = self.planes.iter().take(self.width.bytes());
        planes.map(|plane| plane.is_constant.then_some(plane.first))
    }

    /// The planes that are not constant.
    pub(super) fn coded_planes(&self) -> impl Iterator<Item = &[u8]> {
        let planes = self.planes.iter().take(self.width.bytes());
        planes.filter(|plane| !plane.is_constant).map(|plane| plane.bytes.as_slice())
    }
}
