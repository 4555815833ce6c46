-- API keys: the hash of the text, never the text. Rights are names with commas between.
-- Keys are not deleted: revoked_time ends them.
CREATE TABLE api_keys (
    tenant TEXT COLLATE "C" NOT NULL,
    key_id UUID NOT NULL UNIQUE,
    hash BYTEA NOT NULL UNIQUE,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    rights TEXT NOT NULL,
    expires BIGINT,
    created_by TEXT NOT NULL,
    created_time BIGINT NOT NULL,
    revoked_by TEXT,
    revoked_time BIGINT,
    PRIMARY KEY (tenant, key_id)
);

-- Who did what to whom. Rows are only ever added, under a lock on the table, so that numbers
-- become visible in their order; details is a map of text.
CREATE TABLE audit_log (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    time BIGINT NOT NULL,
    tenant TEXT COLLATE "C" NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    details TEXT NOT NULL
);
CREATE INDEX audit_log_by_tenant ON audit_log (tenant, number);
