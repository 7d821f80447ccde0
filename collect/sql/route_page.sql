-- The next listed events of known users, in the order of the log, each with its listed properties and no other.
CREATE OR REPLACE TEMP TABLE route_page AS
WITH allowed AS (
    SELECT UNNEST($property_events) AS event_name, UNNEST($properties) AS property, UNNEST($paths) AS path
),
page AS (
    SELECT r.seq, r.message_id, r.event_name, r.user_id, r.event_time, r.properties
    FROM raw_events r
    WHERE r.seq > $after AND r.seq <= $top AND r.type = 'track' AND r.user_id IS NOT NULL
        AND r.event_name IN (SELECT UNNEST($events))
    ORDER BY r.seq
    LIMIT $page
),
given AS (
    SELECT p.seq, a.property, JSON_EXTRACT(p.properties, a.path) AS value
    FROM page p JOIN allowed a ON a.event_name = p.event_name
),
listed AS (
    SELECT seq, JSON_GROUP_OBJECT(property, value) AS properties FROM given WHERE value IS NOT NULL GROUP BY seq
)
SELECT p.seq, p.message_id, p.event_name, p.user_id, p.event_time, COALESCE(l.properties, JSON('{}')) AS properties
FROM page p LEFT JOIN listed l ON l.seq = p.seq;
