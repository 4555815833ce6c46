-- Complete blocks get numbers in the order of (insert_time, block_id), others wait. Tells how many
-- wait. $1 tells whether the lake has no block yet, so that old rows keep their insert_time.
WITH state AS (
    SELECT commit_sequence, insert_time FROM lake_state
), fresh AS MATERIALIZED (
    SELECT DISTINCT ON (p.block_id) p.block_id, p.stream_id, p.process_id,
        pg_temp.nanos(p.begin_time) AS begin_time, coalesce(p.begin_ticks, 0) AS begin_ticks,
        pg_temp.nanos(p.end_time) AS end_time, coalesce(p.end_ticks, 0) AS end_ticks,
        coalesce(p.object_offset, 0) AS object_offset, coalesce(p.nb_objects, 0) AS event_count,
        coalesce(p.payload_size, 0) AS payload_length,
        pg_temp.nanos({insert_time}) AS published_insert_time,
        EXISTS (SELECT FROM streams s WHERE s.tenant = 'default' AND s.stream_id = p.stream_id
            AND s.process_id = p.process_id)
        AND EXISTS (SELECT FROM processes o WHERE o.tenant = 'default'
            AND o.process_id = p.process_id) AS is_complete
    FROM public.blocks p
    WHERE p.block_id IS NOT NULL AND p.stream_id IS NOT NULL AND p.process_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM blocks b WHERE b.tenant = 'default'
            AND b.block_id = p.block_id)
        AND NOT EXISTS (SELECT FROM waiting_blocks w WHERE w.tenant = 'default'
            AND w.block_id = p.block_id)
        AND NOT EXISTS (SELECT FROM forgotten_processes g WHERE g.tenant = 'default'
            AND g.process_id = p.process_id)
    ORDER BY p.block_id, {insert_time}
), numbered AS MATERIALIZED (
    SELECT f.*, state.commit_sequence
            + row_number() OVER (ORDER BY f.published_insert_time, f.block_id) AS sequence,
        CASE WHEN $1 THEN least(f.published_insert_time, state.insert_time)
            ELSE state.insert_time END AS insert_time
    FROM fresh f, state WHERE f.is_complete
), inserted AS (
    INSERT INTO blocks (tenant, block_id, stream_id, process_id, begin_time, begin_ticks, end_time,
        end_ticks, object_offset, event_count, payload_offset, payload_length, skipped_events,
        sequence, insert_time)
    SELECT 'default', block_id, stream_id, process_id, begin_time, begin_ticks, end_time,
        end_ticks, object_offset, event_count, 0, payload_length, 0, sequence, insert_time
    FROM numbered ORDER BY sequence
), waiting AS (
    INSERT INTO waiting_blocks (tenant, block_id, stream_id, process_id, begin_time, begin_ticks,
        end_time, end_ticks, object_offset, event_count, payload_offset, payload_length,
        skipped_events, arrival_time)
    SELECT 'default', block_id, stream_id, process_id, begin_time, begin_ticks, end_time,
        end_ticks, object_offset, event_count, 0, payload_length, 0,
        least(published_insert_time, state.insert_time)
    FROM fresh, state WHERE NOT is_complete ORDER BY published_insert_time, block_id
), newest AS (
    SELECT process_id, max(end_ticks) AS end_ticks, max(end_time) AS end_time,
        max(insert_time) AS insert_time
    FROM numbered GROUP BY process_id
), touched AS (
    UPDATE processes o SET last_update_time = greatest(o.last_update_time, n.insert_time),
        last_block_end_ticks = greatest(o.last_block_end_ticks, n.end_ticks),
        last_block_end_time = greatest(o.last_block_end_time, n.end_time)
    FROM newest n WHERE o.tenant = 'default' AND o.process_id = n.process_id
), counted AS (
    UPDATE lake_state
    SET commit_sequence = commit_sequence + (SELECT count(*) FROM numbered)
    WHERE EXISTS (SELECT FROM numbered)
)
SELECT count(*) FROM fresh WHERE NOT is_complete
