-- Times are nanoseconds since the epoch by the database's clock; maps of text are JSON. In text,
-- U+0000, which PostgreSQL does not store, is written as U+10FFFF and '0', and U+10FFFF itself as
-- U+10FFFF and '1'. The tenant is part of every identity.

-- The counters of the lake. Whoever inserts locks this row before anything is looked at, and
-- keeps the lock to the end of the transaction, so numbers become visible in their order.
-- insert_time is that of the newest group commit, 0 before the first.
CREATE TABLE lake_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    commit_sequence BIGINT NOT NULL,
    insert_time BIGINT NOT NULL
) WITH (fillfactor = 10);
INSERT INTO lake_state (id, commit_sequence, insert_time) VALUES (1, 0, 0);

-- The counter of the ledger, whose row is locked by commits of partitions: they do not hold up
-- inserts.
CREATE TABLE ledger_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    ledger_version BIGINT NOT NULL
) WITH (fillfactor = 10);
INSERT INTO ledger_state (id, ledger_version) VALUES (1, 0);

-- The last three columns change with each group commit; room in the pages keeps that cheap.
CREATE TABLE processes (
    tenant TEXT COLLATE "C" NOT NULL,
    process_id UUID NOT NULL,
    exe TEXT NOT NULL,
    username TEXT NOT NULL,
    realname TEXT NOT NULL,
    computer TEXT NOT NULL,
    distro TEXT NOT NULL,
    cpu_brand TEXT NOT NULL,
    tsc_frequency BIGINT NOT NULL,
    start_time BIGINT NOT NULL,
    start_ticks BIGINT NOT NULL,
    parent_process_id UUID,
    properties TEXT NOT NULL,
    insert_time BIGINT NOT NULL,
    last_update_time BIGINT,
    last_block_end_ticks BIGINT,
    last_block_end_time BIGINT,
    PRIMARY KEY (tenant, process_id)
) WITH (fillfactor = 70);

-- Addressed by content: streams of all tenants share a layout, which is reached through a stream.
CREATE TABLE stream_layouts (
    hash BYTEA PRIMARY KEY,
    document BYTEA NOT NULL
);

CREATE TABLE streams (
    tenant TEXT COLLATE "C" NOT NULL,
    stream_id UUID NOT NULL,
    process_id UUID NOT NULL,
    layout_hash BYTEA NOT NULL,
    tags TEXT[] NOT NULL,
    properties TEXT NOT NULL,
    format TEXT NOT NULL,
    insert_time BIGINT NOT NULL,
    PRIMARY KEY (tenant, stream_id)
);
CREATE INDEX streams_by_process ON streams (tenant, process_id);

-- Complete blocks. object_key is NULL for a block that has an object of its own under the
-- published key.
CREATE TABLE blocks (
    sequence BIGINT PRIMARY KEY,
    tenant TEXT COLLATE "C" NOT NULL,
    block_id UUID NOT NULL,
    stream_id UUID NOT NULL,
    process_id UUID NOT NULL,
    begin_time BIGINT NOT NULL,
    begin_ticks BIGINT NOT NULL,
    end_time BIGINT NOT NULL,
    end_ticks BIGINT NOT NULL,
    object_offset BIGINT NOT NULL,
    event_count INTEGER NOT NULL,
    object_key TEXT,
    payload_offset BIGINT NOT NULL,
    payload_length BIGINT NOT NULL,
    least_event_ticks BIGINT,
    greatest_event_ticks BIGINT,
    skipped_events BIGINT NOT NULL,
    insert_time BIGINT NOT NULL,
    UNIQUE (tenant, block_id)
);
CREATE INDEX blocks_by_stream ON blocks (tenant, stream_id, sequence);

-- Blocks that wait for their stream or process, in the order of their arrival.
CREATE TABLE waiting_blocks (
    arrival BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant TEXT COLLATE "C" NOT NULL,
    block_id UUID NOT NULL,
    stream_id UUID NOT NULL,
    process_id UUID NOT NULL,
    begin_time BIGINT NOT NULL,
    begin_ticks BIGINT NOT NULL,
    end_time BIGINT NOT NULL,
    end_ticks BIGINT NOT NULL,
    object_offset BIGINT NOT NULL,
    event_count INTEGER NOT NULL,
    object_key TEXT,
    payload_offset BIGINT NOT NULL,
    payload_length BIGINT NOT NULL,
    least_event_ticks BIGINT,
    greatest_event_ticks BIGINT,
    skipped_events BIGINT NOT NULL,
    arrival_time BIGINT NOT NULL,
    UNIQUE (tenant, block_id)
);
CREATE INDEX waiting_blocks_by_stream ON waiting_blocks (tenant, stream_id);
CREATE INDEX waiting_blocks_by_process ON waiting_blocks (tenant, process_id);

-- scope_kind is 0 for all processes, 1 for one process, 2 for one stream.
-- first_sequence and last_sequence are the bounds of the coverage; place is the order of creation.
CREATE TABLE partitions (
    tenant TEXT COLLATE "C" NOT NULL,
    partition_id UUID NOT NULL,
    place BIGINT GENERATED ALWAYS AS IDENTITY,
    view TEXT COLLATE "C" NOT NULL,
    scope_kind BIGINT NOT NULL,
    scope_id UUID,
    schema_version BIGINT NOT NULL,
    first_sequence BIGINT NOT NULL,
    last_sequence BIGINT NOT NULL,
    coverage BYTEA NOT NULL,
    file_key TEXT,
    file_size BIGINT,
    row_count BIGINT,
    file_checksum TEXT,
    min_event_time BIGINT,
    max_event_time BIGINT,
    min_insert_time BIGINT NOT NULL,
    max_insert_time BIGINT NOT NULL,
    created BIGINT NOT NULL,
    created_time BIGINT NOT NULL,
    retired BIGINT,
    retired_time BIGINT,
    PRIMARY KEY (tenant, partition_id)
);
CREATE INDEX partitions_by_view ON partitions (tenant, view, created);
CREATE INDEX partitions_live ON partitions (tenant, view, last_sequence) WHERE retired IS NULL;
CREATE INDEX partitions_retired ON partitions (retired_time) WHERE retired IS NOT NULL;

-- The last acquisition of each key; holder is NULL once it is released. Rows are kept, so that
-- epochs are never given twice.
CREATE TABLE leases (
    tenant TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    epoch BIGINT NOT NULL,
    holder TEXT,
    expires BIGINT NOT NULL,
    PRIMARY KEY (tenant, name)
);

CREATE TABLE quarantined_blocks (
    tenant TEXT COLLATE "C" NOT NULL,
    view TEXT COLLATE "C" NOT NULL,
    block_id UUID NOT NULL,
    sequence BIGINT NOT NULL,
    reason TEXT NOT NULL,
    time BIGINT NOT NULL,
    PRIMARY KEY (tenant, view, block_id)
);
