-- What the statements of an adoption share; it ends with the session or the transaction.

-- A text as our tables hold it: U+10FFFF is the mark of an escape.
CREATE OR REPLACE FUNCTION pg_temp.kept(given TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE
AS 'SELECT replace(coalesce(given, ''''), chr(1114111), chr(1114111) || ''1'')';

-- Nanoseconds since the epoch, within what 64 bits hold.
CREATE OR REPLACE FUNCTION pg_temp.nanos(given TIMESTAMPTZ) RETURNS BIGINT LANGUAGE sql IMMUTABLE
AS 'SELECT CASE WHEN given IS NULL OR NOT isfinite(given) THEN 0 ELSE
    greatest(least((extract(epoch FROM given) * 1000000)::bigint, 9223372036854775),
        -9223372036854775) * 1000 END';

CREATE TEMPORARY TABLE adopted_layouts (dependencies BYTEA, objects BYTEA, hash BYTEA)
ON COMMIT DROP;
