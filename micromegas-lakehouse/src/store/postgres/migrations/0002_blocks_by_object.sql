-- Which objects have rows: the sweeper asks for those that have none. Entries of one segment share
-- their key in the index.
CREATE INDEX blocks_by_object ON blocks (object_key) WHERE object_key IS NOT NULL;
CREATE INDEX waiting_blocks_by_object ON waiting_blocks (object_key) WHERE object_key IS NOT NULL;
