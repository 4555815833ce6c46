//! Decoding images.

use super::event_plan::EventPlan;
use super::losses::{LossReason, Losses};
use super::open::OpenBlock;
use super::text;
use super::{Decoded, TextColumn};
use crate::Limits;
use crate::cursor::Cursor;

/// Byte strings one after the other, in the layout of Arrow's `Binary` arrays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BytesColumn {
    /// Where each value begins, and at last where the last one ends: one more than values.
    pub offsets: Vec<i32>,
    /// The values' bytes.
    pub bytes: Vec<u8>,
}

impl Default for BytesColumn {
    fn default() -> Self {
        Self { offsets: vec![0], bytes: Vec::new() }
    }
}

impl BytesColumn {
    /// Number of values.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at `index`.
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        let begin = *self.offsets.get(index)?;
        let end = *self.offsets.get(index + 1)?;
        self.bytes.get(begin as usize..end as usize)
    }

    /// Adds a value. The caller keeps `bytes` below 2 GiB.
    fn push(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(value);
        self.offsets.push(self.bytes.len() as i32);
    }
}

/// Images.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ImageColumns {
    /// Index of the event in its block.
    pub record: Vec<u32>,
    /// When, in absolute ticks.
    pub ticks: Vec<i64>,
    /// Name of the image.
    pub name: TextColumn,
    /// Format of `data` as the client calls it, by custom a media type.
    pub format: TextColumn,
    /// The encoded image.
    pub data: BytesColumn,
}

impl OpenBlock<'_> {
    /// Decodes the images: 1 type.
    pub fn images(&self) -> Decoded<ImageColumns> {
        let mut columns = ImageColumns::default();
        let mut losses = Losses::default();
        if let Some(record_count) =
            self.record_count_without(|plan| matches!(plan, EventPlan::Image))
        {
            return Decoded { columns, record_count, losses };
        }
        columns.reserve(&self.measure_images());
        let record_count = self.for_each_event(&mut losses, |plan, record| match plan {
            EventPlan::Image => columns.push(&self.limits, record.index, record.payload),
            other => Self::pass_over(other),
        });
        Decoded { columns, record_count, losses }
    }
}

/// How much room the columns need. Texts that have to be made UTF-8 count as they are.
#[derive(Default)]
struct Room {
    rows: usize,
    name_bytes: usize,
    format_bytes: usize,
    data_bytes: usize,
}

impl OpenBlock<'_> {
    fn measure_images(&self) -> Room {
        let mut room = Room::default();
        let max_bytes = self.limits.column_bytes();
        self.for_each_event(&mut Losses::default(), |plan, record| {
            if let EventPlan::Image = plan
                && let Some([name, format, data]) = parts(record.payload)
            {
                room.rows += 1;
                room.name_bytes = (room.name_bytes + name).min(max_bytes);
                room.format_bytes = (room.format_bytes + format).min(max_bytes);
                room.data_bytes = (room.data_bytes + data).min(max_bytes);
            }
            Ok(())
        });
        room
    }
}

/// The bytes of an image's name, format and data.
fn parts(record: &[u8]) -> Option<[usize; 3]> {
    let mut cursor = Cursor::new(record);
    cursor.read_u64().ok()?;
    let mut sizes = [0; 3];
    for (part, size) in sizes.iter_mut().enumerate() {
        if part < 2 {
            // The codec of a text.
            cursor.read_u8().ok()?;
        }
        *size = cursor.read_u32().ok()? as usize;
        cursor.take(*size).ok()?;
    }
    Some(sizes)
}

impl ImageColumns {
    fn reserve(&mut self, room: &Room) {
        let Self { record, ticks, name, format, data } = self;
        record.reserve_exact(room.rows);
        ticks.reserve_exact(room.rows);
        name.offsets.reserve_exact(room.rows);
        name.bytes.reserve_exact(room.name_bytes);
        format.offsets.reserve_exact(room.rows);
        format.bytes.reserve_exact(room.format_bytes);
        data.offsets.reserve_exact(room.rows);
        data.bytes.reserve_exact(room.data_bytes);
    }

    /// Adds an image, whole or not at all.
    fn push(&mut self, limits: &Limits, index: u32, record: &[u8]) -> Result<(), LossReason> {
        let mut cursor = Cursor::new(record);
        let read = self.read(limits, &mut cursor);
        let too_long =
            [&self.name, &self.format].iter().any(|text| text.bytes.len() > limits.column_bytes());
        match read {
            Ok((ticks, data)) if !too_long => {
                self.name.end_string();
                self.format.end_string();
                self.data.push(data);
                self.record.push(index);
                self.ticks.push(ticks);
                Ok(())
            }
            _ => {
                self.name.drop_unended();
                self.format.drop_unended();
                read.and(Err(LossReason::TextLimitExceeded))
            }
        }
    }

    /// Reads one record; its texts are appended, but not ended.
    fn read<'a>(
        &mut self,
        limits: &Limits,
        cursor: &mut Cursor<'a>,
    ) -> Result<(i64, &'a [u8]), LossReason> {
        let too_short = |_| LossReason::RecordTooShort;
        let ticks = cursor.read_u64().map_err(too_short)?.cast_signed();
        text::append_dyn_string(&mut self.name.bytes, cursor, limits.string_bytes)?;
        text::append_dyn_string(&mut self.format.bytes, cursor, limits.string_bytes)?;
        let size = cursor.read_u32().map_err(too_short)?;
        let data = cursor.take(size as usize).map_err(too_short)?;
        if self.data.bytes.len() + data.len() > limits.column_bytes() {
            return Err(LossReason::TextLimitExceeded);
        }
        Ok((ticks, data))
    }
}
