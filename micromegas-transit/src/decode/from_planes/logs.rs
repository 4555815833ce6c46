//! Log entries of constant text.

use super::super::columns::LogColumns;
use super::super::event_plan::{EventPlan, LogOrigin, LogPlan, Message};
use super::super::logs::Room;
use super::super::open::OpenBlock;
use super::super::sites::{SLACK_BYTES, Sites};
use super::rows::{Place, Rows, Use};

/// How many entries get their other columns at a time: their texts stay in the first-level cache.
const BATCH: usize = 256;

impl OpenBlock<'_> {
    /// Decodes the log entries of a planar block in which all messages are those of the call sites.
    /// Returns the number of records; none if the block is another one, and the columns are
    /// undefined then.
    pub(in super::super) fn logs_from_planes(&self, columns: &mut LogColumns) -> Option<u32> {
        let planar = self.objects.planar()?;
        let mut rows =
            Rows::of(self, planar, &self.tables.log_descriptor_ids, |plan| match plan {
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
        columns.clear(&Room { rows: rows.row_count(), text_bytes: 0 });
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
        columns.message.bytes.reserve_exact(text_bytes + SLACK_BYTES);
        for target in columns.target.chunks_mut(BATCH) {
            let mut descriptors = [0; BATCH];
            let descriptors = &mut descriptors[..target.len()];
            for (descriptor, index) in descriptors.iter_mut().zip(&*target) {
                *descriptor = index.cast_unsigned();
            }
            let row = columns.level.len();
            columns.level.resize(row + target.len(), 0);
            let level = &mut columns.level[row..];
            sites.fill(&mut columns.message, level, target, descriptors, text_bytes);
        }
        columns.properties.resize(columns.target.len(), -1);
        Some(planar.header.record_count)
    }
}
