-- Track events as they were sent, those that were refused for being unplanned included, with the planned event that each name means now.
SET TimeZone = 'UTC';
SET VARIABLE radar_since = CAST($since AS TIMESTAMP);
CREATE OR REPLACE TEMP TABLE radar_names AS SELECT UNNEST(CAST($sent_names AS VARCHAR[])) AS sent_name, UNNEST(CAST($event_names AS VARCHAR[])) AS event_name;
CREATE OR REPLACE TEMP VIEW radar_all AS
WITH stored AS (
    SELECT COALESCE(e.sent_name, e.event_name) AS sent_name, COALESCE(e.user_id, e.anonymous_id) AS person, e.event_time AS told_at, e.seq,
        e.device_os AS os, e.app_version AS version, e.source_id AS source, e.message_id, CAST(e.properties AS JSON) AS properties
    FROM raw_events e
    WHERE e.type = 'track' AND e.received_at >= GETVARIABLE('radar_since')
),
refused AS (
    SELECT d.*, COALESCE(TRY_CAST(d.body ->> '$.timestamp' AS TIMESTAMP), TRY_CAST(d.body ->> '$.originalTimestamp' AS TIMESTAMP)) AS claimed,
        d.received_at - TRY_CAST(d.body ->> '$.sentAt' AS TIMESTAMP) AS skew, LOWER(d.body ->> '$.context.os.name') AS os
    FROM dead_letters d
    WHERE d.code = 'UNPLANNED_EVENT' AND d.received_at >= GETVARIABLE('radar_since')
),
unplanned AS (
    SELECT body ->> '$.event' AS sent_name, COALESCE(body ->> '$.userId', body ->> '$.anonymousId') AS person,
        COALESCE(CASE WHEN ABS(DATE_DIFF('second', received_at, received_at + skew)) > 5 THEN claimed + skew ELSE claimed END, received_at) AS told_at, seq,
        CASE WHEN os IN ('ios', 'ipados', 'iphone os') THEN 'ios' WHEN os = 'android' THEN 'android'
            WHEN body ->> '$.context.channel' = 'web' OR body ->> '$.channel' = 'web' THEN 'web' WHEN os <> '' THEN os END AS os,
        body ->> '$.context.app.version' AS version, source_id AS source, message_id, JSON_EXTRACT(body, '$.properties') AS properties
    FROM refused
)
SELECT COALESCE(n.event_name, s.sent_name) AS name, n.event_name IS NOT NULL AS planned, s.*
FROM (SELECT * FROM stored UNION ALL SELECT * FROM unplanned) s
LEFT JOIN radar_names n ON n.sent_name = s.sent_name
WHERE s.sent_name IS NOT NULL AND s.person IS NOT NULL;

-- Counts are of everything; what people did one after the other is looked at for some of them where there are many.
CREATE OR REPLACE TEMP TABLE radar_counts AS
SELECT name, planned, COUNT(*) AS events, COUNT(DISTINCT person) AS people, MIN(told_at) AS first_at, MAX(told_at) AS last_at FROM radar_all GROUP BY name, planned;

CREATE OR REPLACE TEMP TABLE radar_sent AS
WITH picked AS (
    SELECT a.* FROM radar_all a WHERE HASH(a.person) % GREATEST(1, (SELECT COUNT(*) // $most FROM radar_all)) = 0
),
gaps AS (
    SELECT *, CASE WHEN told_at <= LAG(told_at) OVER (PARTITION BY person ORDER BY told_at, seq, message_id) + INTERVAL 30 MINUTE THEN 0 ELSE 1 END AS opens FROM picked
)
SELECT *, SUM(opens) OVER (PARTITION BY person ORDER BY told_at, seq, message_id ROWS UNBOUNDED PRECEDING) AS session FROM gaps;
