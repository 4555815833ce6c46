-- Inserts the blocks of a group: with a number if they are complete, else as waiting. The lock on
-- lake_state is held, and the input has each block once. Tells what became of those that are new,
-- with -1 for those of forgotten processes and -2 for those whose objects are about to be deleted,
-- and at place 0 the insert_time of the group.
WITH state AS (
    SELECT commit_sequence, insert_time FROM lake_state
), input AS (
    SELECT * FROM unnest(
        $1::text[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[], $7::bigint[],
        $8::bigint[], $9::bigint[], $10::integer[], $11::text[], $12::bigint[], $13::bigint[],
        $14::bigint[], $15::bigint[], $16::bigint[], $17::text[]
    ) WITH ORDINALITY AS i (
        tenant, block_id, stream_id, process_id, begin_time, begin_ticks, end_time,
        end_ticks, object_offset, event_count, object_key, payload_offset, payload_length,
        least_event_ticks, greatest_event_ticks, skipped_events, own_key, place
    )
), refused AS MATERIALIZED (
    SELECT i.place, -1::bigint AS sequence FROM input i
    WHERE EXISTS (SELECT FROM forgotten_processes f WHERE f.tenant = i.tenant COLLATE "C"
        AND f.process_id = i.process_id)
    UNION ALL
    SELECT i.place, -2 FROM input i
    WHERE i.own_key IS NOT NULL
        AND EXISTS (SELECT FROM reclaimable_objects r WHERE r.object_key = i.own_key COLLATE "C")
        AND NOT EXISTS (SELECT FROM forgotten_processes f WHERE f.tenant = i.tenant COLLATE "C"
        AND f.process_id = i.process_id)
), fresh AS MATERIALIZED (
    SELECT i.*,
        EXISTS (SELECT FROM streams s WHERE s.tenant = i.tenant COLLATE "C"
            AND s.stream_id = i.stream_id AND s.process_id = i.process_id)
        AND EXISTS (SELECT FROM processes p WHERE p.tenant = i.tenant COLLATE "C"
            AND p.process_id = i.process_id) AS is_complete
    FROM input i
    WHERE NOT EXISTS (SELECT FROM refused r WHERE r.place = i.place)
        AND NOT EXISTS (SELECT FROM blocks b WHERE b.tenant = i.tenant COLLATE "C"
            AND b.block_id = i.block_id)
        AND NOT EXISTS (SELECT FROM waiting_blocks w WHERE w.tenant = i.tenant COLLATE "C"
            AND w.block_id = i.block_id)
), numbered AS MATERIALIZED (
    SELECT f.*, state.commit_sequence + row_number() OVER (ORDER BY f.place) AS sequence,
        state.insert_time
    FROM fresh f, state WHERE f.is_complete
), inserted AS (
    INSERT INTO blocks (tenant, block_id, stream_id, process_id, begin_time, begin_ticks, end_time,
        end_ticks, object_offset, event_count, object_key, payload_offset, payload_length,
        least_event_ticks, greatest_event_ticks, skipped_events, sequence, insert_time)
    SELECT tenant, block_id, stream_id, process_id, begin_time, begin_ticks, end_time,
        end_ticks, object_offset, event_count, object_key, payload_offset, payload_length,
        least_event_ticks, greatest_event_ticks, skipped_events, sequence, insert_time
    FROM numbered ORDER BY place
), waiting AS (
    INSERT INTO waiting_blocks (tenant, block_id, stream_id, process_id, begin_time, begin_ticks,
        end_time, end_ticks, object_offset, event_count, object_key, payload_offset,
        payload_length, least_event_ticks, greatest_event_ticks, skipped_events, arrival_time)
    SELECT tenant, block_id, stream_id, process_id, begin_time, begin_ticks, end_time,
        end_ticks, object_offset, event_count, object_key, payload_offset, payload_length,
        least_event_ticks, greatest_event_ticks, skipped_events, state.insert_time
    FROM fresh, state WHERE NOT is_complete ORDER BY place
), newest AS (
    SELECT tenant, process_id, max(end_ticks) AS end_ticks, max(end_time) AS end_time,
        max(insert_time) AS insert_time
    FROM numbered GROUP BY tenant, process_id
), touched AS (
    UPDATE processes p SET last_update_time = n.insert_time,
        last_block_end_ticks = greatest(p.last_block_end_ticks, n.end_ticks),
        last_block_end_time = greatest(p.last_block_end_time, n.end_time)
    FROM newest n WHERE p.tenant = n.tenant COLLATE "C" AND p.process_id = n.process_id
), counted AS (
    UPDATE lake_state
    SET commit_sequence = commit_sequence + (SELECT count(*) FROM numbered)
    WHERE EXISTS (SELECT FROM numbered)
)
SELECT place, sequence, NULL::bigint AS insert_time FROM numbered
UNION ALL
SELECT place, NULL, NULL FROM fresh WHERE NOT is_complete
UNION ALL
SELECT place, sequence, NULL FROM refused
UNION ALL
SELECT 0, NULL, insert_time FROM state
