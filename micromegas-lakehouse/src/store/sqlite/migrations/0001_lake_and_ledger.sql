-- Times are nanoseconds since the epoch, ids are 16 bytes, lists and maps of text are JSON.
-- The tenant is part of every identity.

-- The counters. Writers read and change this row inside of one immediate transaction, so they
-- take turns before they look at anything.
CREATE TABLE lake_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    commit_sequence INTEGER NOT NULL,
    insert_time INTEGER,
    ledger_version INTEGER NOT NULL
) STRICT;
INSERT INTO lake_state (id, commit_sequence, insert_time, ledger_version) VALUES (1, 0, NULL, 0);

CREATE TABLE processes (
    tenant TEXT NOT NULL,
    process_id BLOB NOT NULL,
    exe TEXT NOT NULL,
    username TEXT NOT NULL,
    realname TEXT NOT NULL,
    computer TEXT NOT NULL,
    distro TEXT NOT NULL,
    cpu_brand TEXT NOT NULL,
    tsc_frequency INTEGER NOT NULL,
    start_time INTEGER NOT NULL,
    start_ticks INTEGER NOT NULL,
    parent_process_id BLOB,
    properties TEXT NOT NULL,
    insert_time INTEGER NOT NULL,
    last_update_time INTEGER,
    last_block_end_ticks INTEGER,
    last_block_end_time INTEGER,
    PRIMARY KEY (tenant, process_id)
) STRICT;

-- Addressed by content: streams of all tenants share a layout, which is reached through a stream.
CREATE TABLE stream_layouts (
    hash BLOB PRIMARY KEY NOT NULL,
    document BLOB NOT NULL
) STRICT;

CREATE TABLE streams (
    tenant TEXT NOT NULL,
    stream_id BLOB NOT NULL,
    process_id BLOB NOT NULL,
    layout_hash BLOB NOT NULL,
    tags TEXT NOT NULL,
    properties TEXT NOT NULL,
    format TEXT NOT NULL,
    insert_time INTEGER NOT NULL,
    PRIMARY KEY (tenant, stream_id)
) STRICT;
CREATE INDEX streams_by_process ON streams (tenant, process_id);

-- Complete blocks. The number is the place of the row, so that rows are appended and a range of
-- numbers is a range of pages; the identity is (tenant, block_id).
-- object_key is NULL for a block that has an object of its own under the published key.
CREATE TABLE blocks (
    sequence INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    block_id BLOB NOT NULL,
    stream_id BLOB NOT NULL,
    process_id BLOB NOT NULL,
    begin_time INTEGER NOT NULL,
    begin_ticks INTEGER NOT NULL,
    end_time INTEGER NOT NULL,
    end_ticks INTEGER NOT NULL,
    object_offset INTEGER NOT NULL,
    event_count INTEGER NOT NULL,
    object_key TEXT,
    payload_offset INTEGER NOT NULL,
    payload_length INTEGER NOT NULL,
    least_event_ticks INTEGER,
    greatest_event_ticks INTEGER,
    skipped_events INTEGER NOT NULL,
    insert_time INTEGER NOT NULL,
    UNIQUE (tenant, block_id)
) STRICT;
CREATE INDEX blocks_by_stream ON blocks (tenant, stream_id, sequence);

-- Blocks that wait for their stream or process, in the order of their arrival.
CREATE TABLE waiting_blocks (
    arrival INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    block_id BLOB NOT NULL,
    stream_id BLOB NOT NULL,
    process_id BLOB NOT NULL,
    begin_time INTEGER NOT NULL,
    begin_ticks INTEGER NOT NULL,
    end_time INTEGER NOT NULL,
    end_ticks INTEGER NOT NULL,
    object_offset INTEGER NOT NULL,
    event_count INTEGER NOT NULL,
    object_key TEXT,
    payload_offset INTEGER NOT NULL,
    payload_length INTEGER NOT NULL,
    least_event_ticks INTEGER,
    greatest_event_ticks INTEGER,
    skipped_events INTEGER NOT NULL,
    arrival_time INTEGER NOT NULL,
    UNIQUE (tenant, block_id)
) STRICT;
CREATE INDEX waiting_blocks_by_stream ON waiting_blocks (tenant, stream_id);
CREATE INDEX waiting_blocks_by_process ON waiting_blocks (tenant, process_id);

-- scope_kind is 0 for all processes, 1 for one process, 2 for one stream.
-- first_sequence and last_sequence are the bounds of the coverage.
CREATE TABLE partitions (
    tenant TEXT NOT NULL,
    partition_id BLOB NOT NULL,
    view TEXT NOT NULL,
    scope_kind INTEGER NOT NULL,
    scope_id BLOB,
    schema_version INTEGER NOT NULL,
    first_sequence INTEGER NOT NULL,
    last_sequence INTEGER NOT NULL,
    coverage BLOB NOT NULL,
    file_key TEXT,
    file_size INTEGER,
    row_count INTEGER,
    file_checksum TEXT,
    min_event_time INTEGER,
    max_event_time INTEGER,
    min_insert_time INTEGER NOT NULL,
    max_insert_time INTEGER NOT NULL,
    created INTEGER NOT NULL,
    created_time INTEGER NOT NULL,
    retired INTEGER,
    retired_time INTEGER,
    PRIMARY KEY (tenant, partition_id)
) STRICT;
CREATE INDEX partitions_by_view ON partitions (tenant, view, created);
CREATE INDEX partitions_live ON partitions (tenant, view, last_sequence) WHERE retired IS NULL;
CREATE INDEX partitions_retired ON partitions (retired_time) WHERE retired IS NOT NULL;

-- The last acquisition of each key; holder is NULL once it is released. Rows are kept, so that
-- epochs are never given twice.
CREATE TABLE leases (
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    holder TEXT,
    expires INTEGER NOT NULL,
    PRIMARY KEY (tenant, name)
) STRICT;

CREATE TABLE quarantined_blocks (
    tenant TEXT NOT NULL,
    view TEXT NOT NULL,
    block_id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    reason TEXT NOT NULL,
    time INTEGER NOT NULL,
    PRIMARY KEY (tenant, view, block_id)
) STRICT;
