-- Processes of which nothing is taken any more.
CREATE TABLE forgotten_processes (
    tenant TEXT NOT NULL,
    process_id BLOB NOT NULL,
    time INTEGER NOT NULL,
    PRIMARY KEY (tenant, process_id)
) STRICT;

-- Objects with bytes that no row refers to, and since when. An object that was deleted stays here
-- for a while, so that no row is made for what was there before.
CREATE TABLE reclaimable_objects (
    object_key TEXT PRIMARY KEY NOT NULL,
    since INTEGER NOT NULL,
    deleted_time INTEGER
) STRICT;

CREATE INDEX quarantined_blocks_by_sequence ON quarantined_blocks (sequence);
