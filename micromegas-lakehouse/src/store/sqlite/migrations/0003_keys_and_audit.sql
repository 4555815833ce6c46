-- API keys: the hash of the text, never the text. Rights are names with commas between.
-- Keys are not deleted: revoked_time ends them.
CREATE TABLE api_keys (
    tenant TEXT NOT NULL,
    key_id BLOB NOT NULL UNIQUE,
    hash BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    rights TEXT NOT NULL,
    expires INTEGER,
    created_by TEXT NOT NULL,
    created_time INTEGER NOT NULL,
    revoked_by TEXT,
    revoked_time INTEGER,
    PRIMARY KEY (tenant, key_id)
) STRICT;

-- Who did what to whom. Rows are only ever added; details is a map of text.
CREATE TABLE audit_log (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    time INTEGER NOT NULL,
    tenant TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    details TEXT NOT NULL
) STRICT;
CREATE INDEX audit_log_by_tenant ON audit_log (tenant, number);
