-- Processes of which nothing is taken any more.
CREATE TABLE forgotten_processes (
    tenant TEXT COLLATE "C" NOT NULL,
    process_id UUID NOT NULL,
    time BIGINT NOT NULL,
    PRIMARY KEY (tenant, process_id)
);

-- Objects with bytes that no row refers to, and since when. An object that was deleted stays here
-- for a while, so that no row is made for what was there before.
CREATE TABLE reclaimable_objects (
    object_key TEXT COLLATE "C" PRIMARY KEY,
    since BIGINT NOT NULL,
    deleted_time BIGINT
);

CREATE INDEX quarantined_blocks_by_sequence ON quarantined_blocks (sequence);
