-- Numbers the waiting blocks that new streams ($1 tenants, $2 ids) and processes ($3, $4) make
-- complete, in the order of their arrival. The lock on lake_state is held.
WITH state AS (
    SELECT commit_sequence, insert_time FROM lake_state
), touched_arrivals AS (
    SELECT w.arrival FROM unnest($1::text[], $2::uuid[]) AS s (tenant, stream_id)
    JOIN waiting_blocks w ON w.tenant = s.tenant COLLATE "C" AND w.stream_id = s.stream_id
    UNION
    SELECT w.arrival FROM unnest($3::text[], $4::uuid[]) AS p (tenant, process_id)
    JOIN waiting_blocks w ON w.tenant = p.tenant COLLATE "C" AND w.process_id = p.process_id
), complete AS MATERIALIZED (
    SELECT w.*, state.commit_sequence + row_number() OVER (ORDER BY w.arrival) AS sequence,
        state.insert_time
    FROM touched_arrivals a
    JOIN waiting_blocks w ON w.arrival = a.arrival
    JOIN streams s ON s.tenant = w.tenant AND s.stream_id = w.stream_id
        AND s.process_id = w.process_id
    JOIN processes p ON p.tenant = w.tenant AND p.process_id = w.process_id,
    state
), removed AS (
    DELETE FROM waiting_blocks w USING complete c WHERE w.arrival = c.arrival
), inserted AS (
    INSERT INTO blocks (tenant, block_id, stream_id, process_id, begin_time, begin_ticks, end_time,
        end_ticks, object_offset, event_count, object_key, payload_offset, payload_length,
        least_event_ticks, greatest_event_ticks, skipped_events, sequence, insert_time)
    SELECT tenant, block_id, stream_id, process_id, begin_time, begin_ticks, end_time,
        end_ticks, object_offset, event_count, object_key, payload_offset, payload_length,
        least_event_ticks, greatest_event_ticks, skipped_events, sequence, insert_time
    FROM complete ORDER BY sequence
), newest AS (
    SELECT tenant, process_id, max(end_ticks) AS end_ticks, max(end_time) AS end_time,
        max(insert_time) AS insert_time
    FROM complete GROUP BY tenant, process_id
), touched AS (
    UPDATE processes p SET last_update_time = n.insert_time,
        last_block_end_ticks = greatest(p.last_block_end_ticks, n.end_ticks),
        last_block_end_time = greatest(p.last_block_end_time, n.end_time)
    FROM newest n WHERE p.tenant = n.tenant AND p.process_id = n.process_id
)
UPDATE lake_state
SET commit_sequence = commit_sequence + (SELECT count(*) FROM complete)
WHERE EXISTS (SELECT FROM complete)
