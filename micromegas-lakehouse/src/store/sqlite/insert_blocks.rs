//! The blocks of a group commit.

use std::collections::HashSet;

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};

use super::batch::{ROWS_MAX, chunks};
use super::encode::{BLOCK_COLUMNS, bind_block};
use super::failure::Result;
use super::insert::GroupCommit;
use crate::lake::{InsertOutcome, LakeInsert, NewBlock};
use crate::sequence::CommitSequence;
use crate::time::to_nanos;

/// What the store knows of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockState {
    /// It is stored, with or without a number.
    Stored,
    /// It is new; its stream and process are stored.
    Complete,
    /// It is new; its stream or process is missing.
    Incomplete,
}

impl BlockState {
    /// What the rows of [`push_block_states`] say, in the order of the blocks.
    pub(super) fn of(rows: &[SqliteRow]) -> Result<Vec<Self>> {
        let mut states = Vec::with_capacity(rows.len());
        for row in rows {
            let (is_stored, is_complete): (bool, bool) = (row.try_get(0)?, row.try_get(1)?);
            let state = match (is_stored, is_complete) {
                (true, _) => Self::Stored,
                (false, true) => Self::Complete,
                (false, false) => Self::Incomplete,
            };
            states.push((row.try_get::<i64, _>(2)?, state));
        }
        // They come in this order as it is, which SQLite does not promise.
        states.sort_unstable_by_key(|(place, _)| *place);
        Ok(states.into_iter().map(|(_, state)| state).collect())
    }
}

/// Asks what the store knows of some blocks: a row for each.
pub(super) fn push_block_states<'b>(
    query: &mut QueryBuilder<Sqlite>,
    blocks: impl IntoIterator<Item = &'b NewBlock>,
) {
    query.push("WITH input (tenant, block_id, stream_id, process_id, place) AS (");
    query.push_values(blocks.into_iter().zip(0i64..), |mut values, (block, place)| {
        values
            .push_bind(block.tenant.as_str().to_owned())
            .push_bind(block.block_id)
            .push_bind(block.stream_id)
            .push_bind(block.process_id)
            .push_bind(place);
    });
    query.push(
        ") SELECT \
         EXISTS (SELECT 1 FROM blocks b WHERE b.tenant = i.tenant AND b.block_id = i.block_id) \
         OR EXISTS (SELECT 1 FROM waiting_blocks w \
         WHERE w.tenant = i.tenant AND w.block_id = i.block_id) AS is_stored, \
         EXISTS (SELECT 1 FROM streams s WHERE s.tenant = i.tenant \
         AND s.stream_id = i.stream_id AND s.process_id = i.process_id) \
         AND EXISTS (SELECT 1 FROM processes p \
         WHERE p.tenant = i.tenant AND p.process_id = i.process_id) AS is_complete, \
         i.place FROM input i",
    );
}

impl GroupCommit<'_> {
    /// Inserts the blocks of a group: with a number if they are complete, else as waiting.
    pub(super) async fn insert_blocks(
        &mut self,
        group: &[LakeInsert],
        outcomes: &mut [InsertOutcome],
    ) -> Result<()> {
        let mut seen = HashSet::new();
        let blocks: Vec<(usize, &NewBlock)> = group
            .iter()
            .enumerate()
            .filter_map(|(index, row)| Some((index, row.as_block()?)))
            .filter(|(index, _)| outcomes[*index] == InsertOutcome::Duplicate)
            .filter(|(_, block)| seen.insert((&block.tenant, block.block_id)))
            .collect();
        let mut numbered = Vec::new();
        let mut waiting = Vec::new();
        let known = self.known.take();
        for chunk in chunks(&blocks) {
            let states = match &known {
                Some(known) => {
                    chunk.iter().filter_map(|(index, _)| known.get(*index)).copied().collect()
                }
                None => self.block_states(chunk).await?,
            };
            for ((index, block), state) in chunk.iter().zip(states) {
                match state {
                    BlockState::Stored => {}
                    BlockState::Complete => {
                        let sequence = self.number(block)?;
                        outcomes[*index] = InsertOutcome::Numbered(sequence);
                        numbered.push((sequence, *block));
                    }
                    BlockState::Incomplete => {
                        outcomes[*index] = InsertOutcome::Waiting;
                        waiting.push(*block);
                    }
                }
            }
        }
        let time = self.time;
        for chunk in chunks(&numbered) {
            self.script.push("INSERT INTO blocks (");
            self.script.push(BLOCK_COLUMNS).push(", sequence, insert_time) ");
            self.script.push_values(chunk, |mut values, (sequence, block)| {
                bind_block(&mut values, block);
                values.push_bind(sequence.as_u64().cast_signed()).push_bind(time);
            });
            self.end_statement(chunk.len()).await?;
        }
        for chunk in chunks(&waiting) {
            self.script.push("INSERT INTO waiting_blocks (");
            self.script.push(BLOCK_COLUMNS).push(", arrival_time) ");
            self.script.push_values(chunk, |mut values, block| {
                bind_block(&mut values, block);
                values.push_bind(time);
            });
            // So that few texts are made of both lengths.
            self.end_statement(ROWS_MAX).await?;
        }
        Ok(())
    }

    /// Ends a statement over so many rows; a long one is executed at once.
    async fn end_statement(&mut self, row_count: usize) -> Result<()> {
        self.script.push("; ");
        if row_count == ROWS_MAX { self.run_script().await } else { Ok(()) }
    }

    /// What the store knows of some blocks, in their order.
    async fn block_states(&mut self, blocks: &[(usize, &NewBlock)]) -> Result<Vec<BlockState>> {
        let mut query = QueryBuilder::new("");
        push_block_states(&mut query, blocks.iter().map(|(_, block)| *block));
        let rows = query.build().fetch_all(&mut *self.connection).await?;
        BlockState::of(&rows)
    }

    /// Gives a block its number.
    fn number(&mut self, block: &NewBlock) -> Result<CommitSequence> {
        let end_time = to_nanos(block.end_time, "end_time")?;
        Ok(self.give_number(&block.tenant, block.process_id, block.end_ticks, end_time))
    }
}
