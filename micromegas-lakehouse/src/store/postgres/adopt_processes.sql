-- $1 tells whether the lake has no block yet, so that old rows keep their insert_time.
INSERT INTO processes (tenant, process_id, exe, username, realname, computer, distro, cpu_brand,
    tsc_frequency, start_time, start_ticks, parent_process_id, properties, insert_time)
SELECT DISTINCT ON (p.process_id) 'default', p.process_id, pg_temp.kept(p.exe),
    pg_temp.kept(p.username), pg_temp.kept(p.realname), pg_temp.kept(p.computer),
    pg_temp.kept(p.distro), pg_temp.kept(p.cpu_brand), coalesce(p.tsc_frequency, 0),
    pg_temp.nanos(p.start_time), coalesce(p.start_ticks, 0), p.parent_process_id,
    (SELECT coalesce(json_object_agg(q.key, coalesce(q.value, ''))::text, '{}')
        FROM unnest(p.properties) AS q (key, value) WHERE q.key IS NOT NULL),
    CASE WHEN $1 THEN least(pg_temp.nanos(p.insert_time), s.insert_time) ELSE s.insert_time END
FROM public.processes p, lake_state s
WHERE p.process_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM forgotten_processes g WHERE g.tenant = 'default'
        AND g.process_id = p.process_id)
ORDER BY p.process_id, p.insert_time
ON CONFLICT DO NOTHING
