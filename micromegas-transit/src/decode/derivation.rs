//! Deriving columns: which events become rows, and of what.

use super::Decoded;
use super::derived::EventColumns;
use super::event_plan::EventPlan;
use super::event_types::EventKind;
use super::losses::{LossReason, Losses};
use super::open::OpenBlock;
use super::type_columns::{Survey, TypeColumns};

impl OpenBlock<'_> {
    /// Decodes all events of types that nobody here knows by name, in one pass: columns for each
    /// type that has events in the block, in the order of type indices.
    ///
    /// What [`event_columns`](Self::event_columns) says holds here as well.
    pub fn custom_events(&self) -> Decoded<Vec<EventColumns>> {
        let is_wanted = |plan: &EventPlan| matches!(plan, EventPlan::Unknown | EventPlan::Other);
        if let Some(record_count) = self.record_count_without(is_wanted) {
            return Decoded { columns: Vec::new(), record_count, losses: Losses::default() };
        }
        let mut wanted = [Wanted::No; 256];
        for event in self.plan.event_types() {
            wanted[usize::from(event.type_index)] = match event.kind {
                EventKind::Custom => Wanted::Rows,
                EventKind::CustomDynamic => Wanted::Loss,
                _ => Wanted::No,
            };
        }
        let mut decoded = self.derive_columns(&wanted);
        decoded.columns.retain(|columns| !columns.record.is_empty());
        decoded
    }

    /// Decodes the events of one type, known or not, by the members that its layout lists.
    /// [`StreamPlan::event_types`](crate::StreamPlan::event_types) lists the types.
    ///
    /// Types whose records carry their size have no columns: their events are counted as unknown.
    /// A reference to what the block does not define costs the value only, and is counted unless
    /// the id is 0.
    pub fn event_columns(&self, type_index: u8) -> Decoded<EventColumns> {
        let shape = self.plan.event_shapes.get(type_index.into());
        let mut wanted = [Wanted::No; 256];
        wanted[usize::from(type_index)] = match shape {
            Some(shape) if shape.size > 0 => Wanted::Rows,
            _ => Wanted::Loss,
        };
        let Decoded { mut columns, record_count, losses } = self.derive_columns(&wanted);
        let columns = columns.pop().unwrap_or_else(|| EventColumns {
            type_name: shape.map(|shape| shape.name.clone()).unwrap_or_default(),
            ..EventColumns::default()
        });
        Decoded { columns, record_count, losses }
    }

    /// Columns for each type whose records become rows, in the order of type indices: one pass over
    /// the records tells what columns there are and how long, the other fills them.
    fn derive_columns(&self, wanted: &[Wanted; 256]) -> Decoded<Vec<EventColumns>> {
        let mut losses = Losses::default();
        let mut surveys: Vec<Survey> = wanted.iter().map(|_| Survey::default()).collect();
        let record_count = self.for_each_event(&mut losses, |_, record| {
            match wanted[usize::from(record.type_index)] {
                Wanted::No => Ok(()),
                Wanted::Rows => {
                    surveys[usize::from(record.type_index)].add(self, record);
                    Ok(())
                }
                Wanted::Loss => Err(LossReason::UnknownType),
            }
        });
        let mut budget = self.limits.derived_bytes;
        let of_type = |(type_index, survey): (usize, Survey)| {
            let is_wanted = wanted[type_index] == Wanted::Rows;
            is_wanted.then(|| TypeColumns::new(self, type_index, survey, &mut budget, &mut losses))
        };
        let mut types: Vec<Option<TypeColumns<'_>>> =
            surveys.into_iter().enumerate().map(of_type).collect();
        // What ends the buffer was counted by the first pass.
        self.for_each_event(&mut Losses::default(), |_, record| {
            if let Some(columns) = &mut types[usize::from(record.type_index)] {
                columns.push(record, &mut losses);
            }
            Ok(())
        });
        let finish = |columns: TypeColumns<'_>| columns.finish(&mut losses);
        let columns = types.into_iter().flatten().map(finish).collect();
        Decoded { columns, record_count, losses }
    }
}

/// What is to be done with the records of a type.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    No,
    /// They become rows.
    Rows,
    /// They are counted as lost.
    Loss,
}
