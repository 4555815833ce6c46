-- Views that people have defined in SQL. A view that was dropped has no query any more; its row
-- stays, so that no version of its name is used again.
CREATE TABLE sql_views (
    tenant TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    sql TEXT,
    created_by TEXT NOT NULL,
    created_time BIGINT NOT NULL,
    PRIMARY KEY (tenant, name)
);
