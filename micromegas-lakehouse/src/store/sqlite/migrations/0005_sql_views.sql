-- Views that people have defined in SQL. A view that was dropped has no query any more; its row
-- stays, so that no version of its name is used again.
CREATE TABLE sql_views (
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    sql TEXT,
    created_by TEXT NOT NULL,
    created_time INTEGER NOT NULL,
    PRIMARY KEY (tenant, name)
) STRICT;
