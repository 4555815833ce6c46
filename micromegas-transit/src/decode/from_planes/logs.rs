//! Log entries of constant text.

use super::super::columns::LogColumns;
use super::super::event_plan::{EventPlan, LogOrigin, LogPlan, Message};
use super::super::logs::Room;
use super::super::open::OpenBlock;
use super::super::sites::Sites;
use super::super::template::Budget;
use super::rows::{Place, Rows, Use};

/// How many entries get their other columns at a time.
const BATCH: usize = 512;

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
        let mut descriptors = Vec::with_capacity(rows.row_count());
        columns.clear(&Room { rows: rows.row_count(), text_bytes: 0 });
        while rows.advance() {
            columns.record.extend_from_slice(rows.records());
            columns.ticks.extend(rows.values(0).iter().map(|ticks| ticks.cast_signed()));
            descriptors.extend_from_slice(rows.descriptors()?);
        }
        let sites = Sites::of(&self.tables, &self.limits);
        let mut budget = Budget(self.limits.column_bytes());
        columns.message.bytes.reserve_exact(sites.room_bytes(&descriptors));
        for batch in descriptors.chunks(BATCH) {
            if !sites.append_texts(&mut columns.message, &mut budget, batch) {
                return None;
            }
            let sites = || batch.iter().map(|index| &sites.descriptors()[*index as usize]);
            columns.level.extend(sites().map(|site| site.level));
            columns.target.extend(sites().map(|site| site.target));
        }
        columns.properties.resize(descriptors.len(), -1);
        Some(planar.header.record_count)
    }
}
