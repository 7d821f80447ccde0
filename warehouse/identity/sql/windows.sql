-- On a shared device: from somebody's first event in a row to the last one before another person's.
CREATE OR REPLACE TEMP TABLE shared AS
SELECT n.node_id, n.value, n.first_seen FROM shared_ids s JOIN part_nodes n ON n.node_id = s.node_id WHERE n.kind = 'anonymous_id';
INSERT INTO new_map
WITH sightings AS (
    SELECT s.node_id, r.user_id, r.event_time, r.message_id FROM raw_events r JOIN shared s ON s.value = r.anonymous_id
    WHERE r.event_time >= (SELECT MIN(first_seen) FROM shared)
    UNION ALL
    SELECT s.node_id, r.user_id, r.event_time, r.message_id FROM raw_events r JOIN shared s ON s.value = r.previous_id
    WHERE r.type = 'alias' AND r.event_time >= (SELECT MIN(first_seen) FROM shared)
),
people AS (
    SELECT s.node_id, m.user_id, s.event_time, s.message_id FROM sightings s JOIN new_map m ON m.kind = 'user_id' AND m.value = s.user_id
),
marked AS (
    SELECT *, LAG(user_id) OVER (PARTITION BY node_id ORDER BY event_time, message_id) IS DISTINCT FROM user_id AS begins FROM people
),
counted AS (
    SELECT *, SUM(CASE WHEN begins THEN 1 ELSE 0 END) OVER (PARTITION BY node_id ORDER BY event_time, message_id ROWS UNBOUNDED PRECEDING) AS turn
    FROM marked
),
turns AS (
    SELECT node_id, user_id, turn, MIN(event_time) AS valid_from, MAX(event_time) + INTERVAL 1 MICROSECOND AS seen_until
    FROM counted GROUP BY node_id, user_id, turn
),
windows AS (
    SELECT *, CASE WHEN $gaps = 'last_owner' THEN LEAD(valid_from) OVER later ELSE LEAST(seen_until, LEAD(valid_from) OVER later) END AS valid_to
    FROM turns WINDOW later AS (PARTITION BY node_id ORDER BY turn)
)
SELECT 'anonymous_id', s.value, w.user_id, 'shared_device', w.valid_from, w.valid_to, w.node_id
FROM windows w JOIN shared s ON s.node_id = w.node_id
WHERE (w.valid_to IS NULL OR w.valid_from < w.valid_to) AND NOT EXISTS (
    SELECT 1 FROM rulings r JOIN new_map m ON m.node_id IN (r.a, r.b) AND m.kind = 'user_id'
    WHERE r.action = 'block' AND w.node_id IN (r.a, r.b) AND m.user_id = w.user_id);
