//! Log entries of constant text.

use super::super::columns::{LogColumns, TextColumn};
use super::super::event_plan::{EventPlan, LogOrigin, LogPlan, Message};
use super::super::open::OpenBlock;
use super::super::sites::{SLACK_BYTES, Sites};
use super::super::spans::resize_for_overwrite;
use super::rows::{Place, Rows, Use};

/// How many entries get their other columns at a time: their texts stay in the first-level cache.
const BATCH: usize = 256;

impl OpenBlock<'_> {
    /// Decodes the log entries of a planar block in which all messages are those of the call sites.
    /// Returns the number of records; none if the block is another one, and the columns are
    /// undefined then.
    pub(in super::super) fn logs_from_planes(&self, columns: &mut LogColumns) -> Option<u32> {
        let planar = self.objects.planes()?;
        let mut rows =
            Rows::of(self, &planar, &self.tables.log_descriptors.ids, |plan| match plan {
                EventPlan::Log(LogPlan {
                    time,
                    origin: LogOrigin::Descriptor(descriptor),
                    properties: None,
                    message: Message::Format,
                    ..
                }) => Use::Row([Place::word(*time)], *descriptor),
                EventPlan::Log(_) => Use::Rebuild,
                other => Use::of_other(other),
            })?;
        let sites = Sites::of(&self.tables, &self.limits);
        columns.clear_rows(rows.row_count());
        let mut text_bytes = 0;
        while rows.advance() {
            columns.record.extend_from_slice(rows.records());
            columns.ticks.extend(rows.values(0).iter().map(|ticks| ticks.cast_signed()));
            let descriptors = rows.descriptors()?;
            text_bytes += sites.text_bytes(descriptors);
            // They stay here until it is known how much room the texts need.
            columns.target.extend(descriptors.iter().map(|index| index.cast_signed()));
        }
        let text_bytes = sites.fitting(text_bytes)?;
        let LogColumns { message: TextColumn { offsets, bytes }, level, target, .. } = columns;
        resize_for_overwrite(bytes, text_bytes + SLACK_BYTES);
        resize_for_overwrite(offsets, target.len() + 1);
        resize_for_overwrite(level, target.len());
        let mut text_end = 0;
        offsets[0] = 0;
        let rows = offsets[1..].chunks_mut(BATCH).zip(level.chunks_mut(BATCH));
        for ((offsets, levels), targets) in rows.zip(target.chunks_mut(BATCH)) {
            let mut descriptors = [0; BATCH];
            let descriptors = &mut descriptors[..targets.len()];
            for (descriptor, index) in descriptors.iter_mut().zip(&*targets) {
                *descriptor = index.cast_unsigned();
            }
            let rows = offsets.iter_mut().zip(levels).zip(targets);
            text_end = sites.fill(bytes, text_end, rows, descriptors);
        }
        bytes.truncate(text_end);
        Some(planar.header.record_count)
    }
}
