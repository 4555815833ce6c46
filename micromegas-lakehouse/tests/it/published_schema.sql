-- The tables of published servers, as native clients' servers make them, and rows of all sorts.
-- Ids are small numbers: process 1, stream 2, blocks 100 (64 in hexadecimal) and up.
CREATE TYPE micromegas_property AS (key TEXT, value TEXT);
CREATE TABLE processes (
    process_id UUID, exe VARCHAR(255), username VARCHAR(255), realname VARCHAR(255),
    computer VARCHAR(255), distro VARCHAR(255), cpu_brand VARCHAR(255), tsc_frequency BIGINT,
    start_time TIMESTAMPTZ, start_ticks BIGINT, insert_time TIMESTAMPTZ, parent_process_id UUID,
    properties micromegas_property[], audience VARCHAR(255)
);
CREATE TABLE streams (
    stream_id UUID, process_id UUID, dependencies_metadata BYTEA, objects_metadata BYTEA,
    tags TEXT[], properties micromegas_property[], insert_time TIMESTAMPTZ,
    format TEXT NOT NULL DEFAULT 'micromegas-transit', audience VARCHAR(255)
);
CREATE TABLE blocks (
    block_id UUID, stream_id UUID, process_id UUID, begin_time TIMESTAMPTZ, begin_ticks BIGINT,
    end_time TIMESTAMPTZ, end_ticks BIGINT, nb_objects INT, object_offset BIGINT,
    payload_size BIGINT, insert_time TIMESTAMPTZ, audience VARCHAR(255)
);
CREATE TABLE migration (version INT);
INSERT INTO migration VALUES (8);

INSERT INTO processes VALUES
    ('00000000-0000-0000-0000-000000000001', 'game ' || chr(1114111) || '0.exe', 'user', NULL,
     'computer', 'distro', 'cpu', 3000000000, '2024-05-01 10:00:00.123456+00', 0,
     '2024-05-01 10:00:01+00', '00000000-0000-0000-0000-000000000007',
     ARRAY[('version', '1 "2"'), ('branch', NULL)]::micromegas_property[]),
    -- Stored twice, as databases without the unique index may have it: the first one counts.
    ('00000000-0000-0000-0000-000000000001', 'second', 'user', 'real', 'computer', 'distro', 'cpu',
     1, '2024-05-01 10:00:00+00', 0, '2024-05-01 11:00:00+00', NULL, '{}'),
    ('00000000-0000-0000-0000-00000000000b', 'service', '', '', '', '', '', 0,
     '2024-05-01 10:00:00+00', 0, '2024-05-01 10:00:01+00', NULL, NULL);

INSERT INTO streams VALUES
    ('00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000001', '\x80',
     'known', ARRAY['log', 'second tag'],
     ARRAY[('thread-name', 'main')]::micromegas_property[], '2024-05-01 10:00:01+00',
     'micromegas-transit'),
    ('00000000-0000-0000-0000-00000000000c', '00000000-0000-0000-0000-00000000000b', '\x80',
     '\x80', ARRAY['log'], '{}', '2024-05-01 10:00:01+00', 'otlp/v1/logs'),
    ('00000000-0000-0000-0000-000000000003', '00000000-0000-0000-0000-000000000001', '\xff',
     '\xff', ARRAY['broken'], '{}', '2024-05-01 10:00:01+00', 'micromegas-transit');

INSERT INTO blocks (block_id, stream_id, process_id, begin_time, begin_ticks, end_time, end_ticks,
    nb_objects, object_offset, payload_size, insert_time)
SELECT ('00000000-0000-0000-0000-0000000000' || id)::uuid,
    ('00000000-0000-0000-0000-0000000000' || stream)::uuid,
    ('00000000-0000-0000-0000-0000000000' || process)::uuid,
    '2024-05-01 10:00:02+00', 100, '2024-05-01 10:00:03+00'::timestamptz + place * interval '1 s',
    ticks, 10, 5, size, '2024-05-01 10:00:00+00'::timestamptz + second * interval '1 s'
FROM (VALUES
    (1, '64', '02', '01', 200, 5), (2, '65', '02', '01', 900, 5), (3, '66', '02', '01', 300, 4),
    (4, '67', '02', '01', 400, 9),
    -- Block 200 waits for stream 19 and process 9, block 201 for a stream with a broken layout.
    (5, 'c8', '13', '09', 500, 6), (6, 'c9', '03', '01', 500, 7)
) AS b (place, id, stream, process, ticks, second),
LATERAL (SELECT CASE WHEN id < 'c' THEN SIZE_OF_PAYLOAD ELSE 1 END AS size) AS sizes;
