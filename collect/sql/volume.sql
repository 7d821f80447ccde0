-- Events and bytes of their JSON before compression, by source and name; dead letters under the name they were sent with.
WITH kept AS (
    SELECT COALESCE(e.event_name, e.type) AS name, e.type, e.source_id, e.received_at, 1 AS stored, 0 AS dead,
        STRLEN(COALESCE(CAST(e.properties AS VARCHAR), '')) + STRLEN(COALESCE(CAST(e.context AS VARCHAR), ''))
            + STRLEN(COALESCE(CAST(e.traits AS VARCHAR), '')) + STRLEN(COALESCE(CAST(e.rest AS VARCHAR), '')) AS bytes
    FROM raw_events e
    WHERE e.received_at >= COALESCE(CAST($since AS TIMESTAMP), TIMESTAMP '1970-01-01')
    UNION ALL
    SELECT COALESCE(d.body ->> '$.event', d.body ->> '$.name', d.body ->> '$.type', '(no name)'), d.body ->> '$.type', d.source_id, d.received_at, 0, 1,
        STRLEN(COALESCE(CAST(d.body AS VARCHAR), ''))
    FROM dead_letters d
    WHERE d.received_at >= COALESCE(CAST($since AS TIMESTAMP), TIMESTAMP '1970-01-01')
)
SELECT name, MIN(type) AS type, COALESCE(source_id, '') AS source, CAST(SUM(stored) AS BIGINT) AS stored, CAST(SUM(dead) AS BIGINT) AS dead_letters,
    CAST(SUM(bytes) AS BIGINT) AS bytes, MAX(received_at) AS last_received
FROM kept
GROUP BY name, COALESCE(source_id, '')
ORDER BY bytes DESC, name, source
