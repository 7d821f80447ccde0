-- What became of every line that was loaded again, before and after, counted by what is different.
WITH before AS (
    SELECT e.seq, e.message_id, COALESCE(e.sent_name, e.type) AS sent_name, COALESCE(e.event_name, e.type) AS event_name, NULL AS code,
        CAST(e.properties AS VARCHAR) AS properties
    FROM main.raw_events e CROSS JOIN reloaded.reload_from s WHERE e.seq >= s.first
    UNION ALL
    SELECT d.seq, d.message_id, COALESCE(d.body ->> '$.event', d.body ->> '$.name', d.body ->> '$.type', '(no name)'), NULL, d.code, NULL
    FROM main.dead_letters d CROSS JOIN reloaded.reload_from s WHERE d.seq >= s.first
),
after AS (
    SELECT e.seq, e.message_id, COALESCE(e.sent_name, e.type) AS sent_name, COALESCE(e.event_name, e.type) AS event_name, NULL AS code,
        CAST(e.properties AS VARCHAR) AS properties
    FROM reloaded.raw_events e CROSS JOIN reloaded.reload_from s WHERE e.seq >= s.first
    UNION ALL
    SELECT d.seq, d.message_id, COALESCE(d.body ->> '$.event', d.body ->> '$.name', d.body ->> '$.type', '(no name)'), NULL, d.code, NULL
    FROM reloaded.dead_letters d CROSS JOIN reloaded.reload_from s WHERE d.seq >= s.first
),
told AS (
    SELECT COALESCE(a.sent_name, b.sent_name) AS sent_name, COALESCE(a.message_id, b.message_id) AS message_id,
        b.event_name AS event_before, b.code AS code_before, a.event_name AS event_after, a.code AS code_after,
        CASE
            WHEN b.seq IS NULL THEN 'appeared'
            WHEN a.seq IS NULL THEN 'disappeared'
            WHEN b.code IS NOT NULL AND a.code IS NULL THEN 'accepted'
            WHEN b.code IS NULL AND a.code IS NOT NULL THEN 'dead_lettered'
            WHEN b.code <> a.code THEN 'other_reason'
            WHEN b.event_name <> a.event_name THEN 'renamed'
            WHEN b.properties <> a.properties THEN 'coerced'
            ELSE 'same'
        END AS change
    FROM before b FULL JOIN after a ON a.seq = b.seq
)
SELECT change, sent_name, event_before, code_before, event_after, code_after, COUNT(*) AS events, MIN(message_id) AS example
FROM told
GROUP BY ALL
ORDER BY change, events DESC, sent_name, event_before, code_before, event_after, code_after
