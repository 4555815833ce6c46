-- $1 tells whether the lake has no block yet, so that old rows keep their insert_time.
INSERT INTO streams (tenant, stream_id, process_id, layout_hash, tags, properties, format,
    insert_time)
SELECT DISTINCT ON (p.stream_id) 'default', p.stream_id, p.process_id, l.hash,
    ARRAY(SELECT pg_temp.kept(t.tag) FROM unnest(p.tags) WITH ORDINALITY AS t (tag, place)
        ORDER BY t.place),
    (SELECT coalesce(json_object_agg(q.key, coalesce(q.value, ''))::text, '{}')
        FROM unnest(p.properties) AS q (key, value) WHERE q.key IS NOT NULL),
    pg_temp.kept({format}),
    CASE WHEN $1 THEN least(pg_temp.nanos(p.insert_time), s.insert_time) ELSE s.insert_time END
FROM public.streams p
JOIN pg_temp.adopted_layouts l
    ON l.dependencies = sha256(coalesce(p.dependencies_metadata, ''))
    AND l.objects = sha256(coalesce(p.objects_metadata, '')),
lake_state s
WHERE p.stream_id IS NOT NULL AND p.process_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM forgotten_processes g WHERE g.tenant = 'default'
        AND g.process_id = p.process_id)
ORDER BY p.stream_id, p.insert_time
ON CONFLICT DO NOTHING
